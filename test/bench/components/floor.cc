// What this machine can do at most: `floor fma THREADS MS` or `floor copy THREADS MS BYTES`, one line of JSON.
//
// fma: independent multiply-adds in registers, in GFLOP/s. copy: bytes read plus bytes written between two arrays of
// BYTES together, cut among the threads, in GB/s; small sizes tell of the caches, large ones of memory.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#if defined(__AVX512F__)
constexpr int lanes = 16, sums = 24;
#else
constexpr int lanes = 8, sums = 12;
#endif
typedef float Vec __attribute__((vector_size(lanes * sizeof(float))));
using Clock = std::chrono::steady_clock;

static double secondsSince(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

// Units of work a thread finished, added up, are the rate.
static double multiplyAdd(double seconds) {
  constexpr int rounds = 4096;
  Vec sum[sums];
  for (int i = 0; i < sums; i++) sum[i] = Vec{} + static_cast<float>(i);
  Vec factor = Vec{} + 0.5f, term = Vec{} + 1.0f;
  // Otherwise the compiler knows both and folds the loop.
  asm volatile("" : "+x"(factor), "+x"(term));
  double operations = 0;
  const auto start = Clock::now();
  while (secondsSince(start) < seconds) {
    for (int r = 0; r < rounds; r++)
#pragma GCC unroll 24
      for (int i = 0; i < sums; i++) sum[i] = sum[i] * factor + term;
    operations += 2.0 * rounds * sums * lanes;
  }
  for (int i = 0; i < sums; i++) asm volatile("" ::"x"(sum[i]));
  return operations / secondsSince(start);
}

static double copyBytes(double seconds, std::size_t bytes) {
  std::vector<char> from(bytes / 2, 1), to(bytes / 2, 0);
  double moved = 0;
  const auto start = Clock::now();
  while (secondsSince(start) < seconds) {
    std::memcpy(to.data(), from.data(), bytes / 2);
    asm volatile("" ::"r"(to.data()) : "memory");
    moved += static_cast<double>(bytes);
  }
  return moved / secondsSince(start);
}

int main(int count, char** words) {
  if (count < 4) return 2;
  const bool isFma = std::string(words[1]) == "fma";
  const int threads = std::atoi(words[2]);
  const double seconds = std::atof(words[3]) / 1000;
  const std::size_t bytes = count > 4 ? std::strtoull(words[4], nullptr, 10) / threads : 0;

  std::vector<double> rates(threads);
  std::vector<std::thread> workers;
  const auto start = Clock::now();
  for (int i = 0; i < threads; i++)
    workers.emplace_back([&, i] { rates[i] = isFma ? multiplyAdd(seconds) : copyBytes(seconds, bytes); });
  for (auto& worker : workers) worker.join();

  double total = 0;
  for (double rate : rates) total += rate;
  rusage used;
  getrusage(RUSAGE_SELF, &used);
  const double cpuMs = 1000.0 * (used.ru_utime.tv_sec + used.ru_stime.tv_sec) + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000.0;
  std::printf("{\"calls\":1,\"elapsedMs\":%f,\"cpuMs\":%f,\"value\":%f}\n", 1000 * secondsSince(start), cpuMs, total / 1e9);
}
