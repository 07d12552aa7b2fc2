#include "thread-pool.h"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

namespace native {
namespace {

constexpr auto spinTime = std::chrono::microseconds(60);
/** Looks at the work between two looks at the clock. */
constexpr int looksPerClock = 64;
/** What fits the ticket's half. */
constexpr Index maxCount = 0xffffffff;
/** Looks by the waiting caller before it sleeps: longer than a fair share of the work, shorter than another program's turn. */
constexpr int looksBeforeSleep = 8192;

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ __volatile__("yield");
#endif
}

/** Whether this thread is inside a piece of work: what it starts in there runs on it alone. */
thread_local bool isInside = false;

/**
 * The ticket packs the number of the current piece of work (high half) and how many indices nobody has taken yet (low
 * half). Taking one is a compare-and-swap of the whole, so an index of a finished piece cannot be taken, and once one
 * is taken the piece cannot end before it is done: its other fields then hold still.
 */
class Pool {
 public:
  void run(Index count, Work work, const void* context) {
    if (isInside || count > maxCount) return runAlone(count, work, context);
    std::unique_lock<std::mutex> hold(entry_, std::try_to_lock);
    if (!hold.owns_lock() || threads_.empty()) return runAlone(count, work, context);
    isInside = true;
    runShared(count, work, context);
    isInside = false;
  }

  void resize(int count) {
    std::lock_guard<std::mutex> hold(entry_);
    stop();
    for (int i = 1; i < count; i++) {
      try {
        threads_.emplace_back([this] { serve(); });
      } catch (const std::system_error&) {
        break;  // the system has no more threads to give; fewer do the same work
      }
    }
    size_.store(static_cast<int>(threads_.size()) + 1);
  }

  int size() const { return size_.load(); }

 private:
  static void runAlone(Index count, Work work, const void* context) {
    for (Index index = 0; index < count; index++) work(context, index);
  }

  void runShared(Index count, Work work, const void* context) {
    work_.store(work, std::memory_order_relaxed);
    context_.store(context, std::memory_order_relaxed);
    done_.store(0, std::memory_order_relaxed);
    count_.store(count, std::memory_order_relaxed);
    const auto piece = (ticket_.load(std::memory_order_relaxed) >> 32) + 1;
    ticket_.store(piece << 32 | static_cast<std::uint64_t>(count));
    if (sleeping_.load() > 0) {
      { std::lock_guard<std::mutex> lock(sleep_); }
      wake_.notify_all();
    }
    while (takeOne()) {
    }
    for (int looks = 0; looks < looksBeforeSleep; looks++) {
      if (done_.load(std::memory_order_acquire) == count) return;
      relax();
    }
    waitFor(count);
  }

  /** Where a thread with a part of the work was put aside for another program, the core is left to whoever needs it. */
  void waitFor(Index count) {
    std::unique_lock<std::mutex> lock(sleep_);
    isCallerWaiting_.store(true);
    finished_.wait(lock, [&] { return done_.load() == count; });
    isCallerWaiting_.store(false);
  }

  /** The caller says that it waits before it looks at what is done, and a thread counts before it looks for the caller. */
  void countOne() {
    if (done_.fetch_add(1) + 1 != count_.load() || !isCallerWaiting_.load()) return;
    { std::lock_guard<std::mutex> lock(sleep_); }
    finished_.notify_one();
  }

  bool takeOne() {
    auto ticket = ticket_.load(std::memory_order_acquire);
    while ((ticket & 0xffffffffu) != 0) {
      if (!ticket_.compare_exchange_weak(ticket, ticket - 1, std::memory_order_acq_rel)) continue;
      const auto index = static_cast<Index>((ticket & 0xffffffffu) - 1);
      work_.load(std::memory_order_relaxed)(context_.load(std::memory_order_relaxed), index);
      countOne();
      return true;
    }
    return false;
  }

  bool isIdle() const { return (ticket_.load() & 0xffffffffu) == 0; }

  void serve() {
    isInside = true;
    while (!isStopping_.load()) {
      while (takeOne()) {
      }
      if (!spin()) sleep();
    }
  }

  /** True when there is work again before the time to sleep. */
  bool spin() {
    const auto end = std::chrono::steady_clock::now() + spinTime;
    do {
      for (int looks = 0; looks < looksPerClock; looks++) {
        if (!isIdle()) return true;
        relax();
      }
    } while (std::chrono::steady_clock::now() < end);
    return false;
  }

  void sleep() {
    std::unique_lock<std::mutex> lock(sleep_);
    sleeping_.fetch_add(1);
    // The caller stores the ticket before it looks for sleepers, and this thread is counted before it looks at the
    // ticket: one of the two sees the other.
    wake_.wait(lock, [this] { return !isIdle() || isStopping_.load(); });
    sleeping_.fetch_sub(1);
  }

  void stop() {
    isStopping_.store(true);
    { std::lock_guard<std::mutex> lock(sleep_); }
    wake_.notify_all();
    for (auto& thread : threads_) thread.join();
    threads_.clear();
    isStopping_.store(false);
  }

  std::mutex entry_;
  std::vector<std::thread> threads_;
  std::atomic<int> size_{1};
  std::atomic<bool> isStopping_{false};

  alignas(64) std::atomic<std::uint64_t> ticket_{0};
  std::atomic<Work> work_{nullptr};
  std::atomic<const void*> context_{nullptr};
  alignas(64) std::atomic<Index> done_{0};
  std::atomic<Index> count_{0};
  std::atomic<bool> isCallerWaiting_{false};

  alignas(64) std::atomic<int> sleeping_{0};
  std::mutex sleep_;
  std::condition_variable wake_;
  std::condition_variable finished_;
};

/** Never destroyed: its threads may still look for work while the process ends. */
Pool& pool() {
  static Pool* const one = new Pool;
  return *one;
}

}  // namespace

void parallel(Index count, Work work, const void* context) {
  if (count <= 1) {
    if (count == 1) work(context, 0);
    return;
  }
  pool().run(count, work, context);
}

void setThreadCount(int count) { pool().resize(count); }

int threadCount() { return pool().size(); }

}  // namespace native
