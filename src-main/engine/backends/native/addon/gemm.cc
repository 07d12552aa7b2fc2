/**
 * Matrix products, blocked for registers and caches.
 *
 * 1. The right factor is packed into panels as wide as a tile, so that a tile reads it in order. All threads pack.
 * 2. Each thread takes blocks of rows. A left factor that lies along k is read where it is; a transposed one is packed
 *    into strips first, because its rows are far apart and would fall on the same cache sets.
 * 3. A tile of C stays in registers over up to `depthBlock` terms and is then added to memory.
 * 4. Columns beyond the last full vector: a tile of one vector covers them, except that up to `maxDots` of them are
 *    computed as dot products. Vocabularies of prime size are often one over.
 * 5. Where both factors lie across k (the gradient of a weight, summed over a batch), k is the longest and a packed right
 *    factor would be as large as what it was packed from, written by one core and read by all. There each thread has a
 *    block of C of its own and packs what that needs, a slab of k at a time, into its second cache; meanwhile the lines
 *    that the next slab is packed from are on their way.
 *
 * Each element of C is a sum over k in one order, whatever the split into tiles and threads.
 */
#include "isa-names.h"
#include "scratch.h"
#include "simd.h"

namespace native {
namespace NATIVE_ISA {
namespace {

#if defined(__AVX512F__)
constexpr int tileRows = 8, tileVecs = 3;
#elif defined(__AVX2__)
constexpr int tileRows = 6, tileVecs = 2;
#elif defined(__aarch64__)
constexpr int tileRows = 8, tileVecs = 3;
#else
constexpr int tileRows = 4, tileVecs = 2;
#endif
constexpr int tileColumns = tileVecs * lanes;

/** Terms summed in registers: a strip of the left factor then fits the first cache beside the panel that streams by. */
constexpr Index depthBlock = 512;
/** Floats of the packed right factor that are held at once (8 MB). */
constexpr Index packedFloats = Index{1} << 21;
/** Keeps panels off each other's cache sets when their length is a multiple of a page. */
constexpr Index panelGap = 16;
constexpr Index maxDots = lanes / 4;

struct Tile {
  Index depth;
  const float* a;
  Index aRow;
  const float* b;
  float* c;
  Index cRow;
  Index columns;
  bool isFirst;
};

template <int rows, int vecs, bool isPacked>
void multiplyTile(const Tile& tile) {
  Vec sum[rows][vecs];
  for (int i = 0; i < rows; i++)
    for (int v = 0; v < vecs; v++) sum[i][v] = Vec{};

  const float* b = tile.b;
  const float* a = tile.a;
  const Index aRow = tile.aRow;
  for (Index p = 0; p < tile.depth; p++) {
    Vec right[vecs];
    for (int v = 0; v < vecs; v++) right[v] = load(b + v * lanes);
#pragma GCC unroll 8
    for (int i = 0; i < rows; i++) {
      const Vec left = splat(isPacked ? a[i] : a[i * aRow]);
      for (int v = 0; v < vecs; v++) sum[i][v] += left * right[v];
    }
    a += isPacked ? tileRows : 1;
    b += vecs * lanes;
  }

  if (tile.columns == vecs * lanes) {
    for (int i = 0; i < rows; i++) {
      for (int v = 0; v < vecs; v++) {
        float* c = tile.c + i * tile.cRow + v * lanes;
        store(c, tile.isFirst ? sum[i][v] : load(c) + sum[i][v]);
      }
    }
    return;
  }
  for (int i = 0; i < rows; i++) {
    float spill[vecs * lanes];
    for (int v = 0; v < vecs; v++) store(spill + v * lanes, sum[i][v]);
    float* c = tile.c + i * tile.cRow;
    for (Index j = 0; j < tile.columns; j++) c[j] = tile.isFirst ? spill[j] : c[j] + spill[j];
  }
}

using MultiplyTile = void (*)(const Tile&);

template <int rows, bool isPacked>
MultiplyTile tileOfVecs(Index vecs) {
  static_assert(tileVecs <= 3, "one case a width");
  if (vecs == 1) return multiplyTile<rows, 1, isPacked>;
  if (vecs == 2) return multiplyTile<rows, 2, isPacked>;
  return multiplyTile<rows, tileVecs, isPacked>;
}

template <bool isPacked, int rows = tileRows>
MultiplyTile tileFor(Index rowCount, Index vecs) {
  if constexpr (rows > 1) {
    if (rowCount < rows) return tileFor<isPacked, rows - 1>(rowCount, vecs);
  }
  return tileOfVecs<rows, isPacked>(vecs);
}

/** Columns and terms of the right factor packed together, and where its panels lie. */
struct Packed {
  float* floats;
  Index firstColumn, columns;
  Index firstDepth, depth;
  Index panels() const { return ceilDiv(columns, tileColumns); }
  Index slices() const { return ceilDiv(depth, depthBlock); }
  /** Slices are as equal as possible. */
  Index sliceDepth() const { return ceilDiv(depth, slices()); }
  Index panelVecs(Index panel) const { return ceilDiv(smaller(tileColumns, columns - panel * tileColumns), lanes); }
  Index panelFloats() const { return sliceDepth() * tileColumns + panelGap; }
  float* panel(Index slice, Index panel) const { return floats + (slice * panels() + panel) * panelFloats(); }
  Index floatCount() const { return slices() * panels() * panelFloats(); }
};

void packPanel(const Product& product, const Packed& packed, Index slice, Index panel) {
  const Index first = packed.firstColumn + panel * tileColumns;
  const Index columns = smaller(tileColumns, packed.firstColumn + packed.columns - first);
  const Index width = packed.panelVecs(panel) * lanes;
  const Index begin = slice * packed.sliceDepth();
  const Index depth = smaller(packed.sliceDepth(), packed.depth - begin);
  const float* from = product.b + (packed.firstDepth + begin) * product.bRow + first * product.bColumn;
  float* to = packed.panel(slice, panel);
  if (product.bColumn == 1) {
    for (Index p = 0; p < depth; p++, to += width, from += product.bRow) {
      for (Index j = 0; j < columns; j++) to[j] = from[j];
      for (Index j = columns; j < width; j++) to[j] = 0;
    }
    return;
  }
  // Blocks of a cache line, so that neither the reading nor the writing side jumps at every element.
  for (Index p0 = 0; p0 < depth; p0 += 16) {
    const Index p1 = smaller(depth, p0 + 16);
    for (Index j = 0; j < columns; j++)
      for (Index p = p0; p < p1; p++) to[p * width + j] = from[j * product.bColumn + p * product.bRow];
    for (Index j = columns; j < width; j++)
      for (Index p = p0; p < p1; p++) to[p * width + j] = 0;
  }
}

/** Strips of `tileRows` rows, each row's terms `tileRows` apart. */
void packStrips(const Product& product, Index firstRow, Index rows, Index firstDepth, Index depth, float* to) {
  const float* from = product.a + firstRow * product.aRow + firstDepth * product.aColumn;
  for (Index i0 = 0; i0 < rows; i0 += tileRows, to += depth * tileRows) {
    const Index count = smaller(tileRows, rows - i0);
    if (count == tileRows) {
      for (Index p = 0; p < depth; p++)
        for (int i = 0; i < tileRows; i++) to[p * tileRows + i] = from[p * product.aColumn + i0 + i];
    } else {
      for (Index p = 0; p < depth; p++)
        for (Index i = 0; i < count; i++) to[p * tileRows + i] = from[p * product.aColumn + i0 + i];
    }
  }
}

void multiplyRows(const Product& product, const Packed& packed, Index firstRow, Index rows) {
  const bool isInPlace = product.aColumn == 1;
  const Index step = packed.sliceDepth();
  float* strips = isInPlace ? nullptr
                            : static_cast<float*>(scratch(Scratch::packedLeft,
                                                          ceilDiv(rows, tileRows) * tileRows * step * Index{sizeof(float)}));
  for (Index slice = 0; slice < packed.slices(); slice++) {
    const Index begin = packed.firstDepth + slice * step;
    const Index depth = smaller(step, packed.firstDepth + packed.depth - begin);
    if (!isInPlace) packStrips(product, firstRow, rows, begin, depth, strips);
    for (Index panel = 0; panel < packed.panels(); panel++) {
      const Index column = packed.firstColumn + panel * tileColumns;
      Tile tile;
      tile.depth = depth;
      tile.b = packed.panel(slice, panel);
      tile.aRow = product.aRow;
      tile.cRow = product.n;
      tile.columns = smaller(tileColumns, packed.firstColumn + packed.columns - column);
      tile.isFirst = begin == 0;
      for (Index i = 0; i < rows; i += tileRows) {
        const Index count = smaller(tileRows, rows - i);
        tile.a = isInPlace ? product.a + (firstRow + i) * product.aRow + begin : strips + i * depth;
        tile.c = product.c + (firstRow + i) * product.n + column;
        const Index vecs = packed.panelVecs(panel);
        (isInPlace ? tileFor<false>(count, vecs) : tileFor<true>(count, vecs))(tile);
      }
    }
  }
}

/** Columns of C as dot products of rows of A with a column of B that lies dense in `column`. */
void dotColumn(const Product& product, const float* column, Index j, Index firstRow, Index rows) {
  const Index whole = product.k / lanes * lanes;
  for (Index i = firstRow; i < firstRow + rows; i++) {
    const float* a = product.a + i * product.aRow;
    Vec sum[2] = {Vec{}, Vec{}};
    Index p = 0;
    for (; p + 2 * lanes <= whole; p += 2 * lanes) {
      sum[0] += load(a + p) * load(column + p);
      sum[1] += load(a + p + lanes) * load(column + p + lanes);
    }
    for (; p < whole; p += lanes) sum[0] += load(a + p) * load(column + p);
    float total = sumOf(sum[0] + sum[1]);
    for (; p < product.k; p++) total += a[p] * column[p];
    product.c[i * product.n + j] = total;
  }
}

/** The same numbers as of a product and a pass over it; here the rows are still in cache. */
void multiplyBySlope(Slope slope, const float* at, Index count, float* to) {
  const float* __restrict x = at;
  float* __restrict c = to;
  if (slope == Slope::quadratic)
    for (Index j = 0; j < count; j++) c[j] *= x[j] + x[j];
  else
    for (Index j = 0; j < count; j++) c[j] = x[j] > 0 ? c[j] : x[j] != x[j] ? x[j] : c[j] * 0.0f;
}

void finishRows(const Product& product, Index firstRow, Index rows) {
  for (Index i = firstRow; i < firstRow + rows; i++) {
    float* c = product.c + i * product.n;
    if (product.bias) {
      if (product.isBiasByColumn)
        for (Index j = 0; j < product.n; j++) c[j] += product.bias[j];
      else
        for (Index j = 0; j < product.n; j++) c[j] += product.bias[0];
    }
    if (product.hasRelu)
      for (Index j = 0; j < product.n; j++) c[j] = c[j] < 0 ? 0 : c[j];
    if (product.slopeAt) multiplyBySlope(product.slope, product.slopeAt + i * product.n, product.n, c);
  }
}

/** Rows a thread takes at a time: enough blocks for all threads to end together, few enough to use a panel often. */
Index rowsAtATime(Index m) {
  const Index wanted = ceilDiv(m, 4 * threadCount());
  return smaller(12 * tileRows, larger(2 * tileRows, ceilDiv(wanted, tileRows) * tileRows));
}

void multiplyLarge(const Product& product) {
  const Index beyond = product.n % lanes;
  const bool hasDots = product.aColumn == 1 && product.n > lanes && beyond <= maxDots;
  const Index dots = hasDots ? beyond : 0;
  const Index columns = product.n - dots;

  const Index depthAtOnce = smaller(product.k, larger(depthBlock, packedFloats / larger(columns, 1) / depthBlock * depthBlock));
  const Index columnsAtOnce = larger(tileColumns, smaller(columns, packedFloats / depthAtOnce / tileColumns * tileColumns));
  const Index rowBlock = rowsAtATime(product.m);

  float* dotColumns = static_cast<float*>(scratch(Scratch::partial, larger(1, dots) * product.k * Index{sizeof(float)}));
  for (Index j = 0; j < dots; j++)
    for (Index p = 0; p < product.k; p++)
      dotColumns[j * product.k + p] = product.b[p * product.bRow + (columns + j) * product.bColumn];

  for (Index firstColumn = 0; firstColumn < columns; firstColumn += columnsAtOnce) {
    for (Index firstDepth = 0; firstDepth < product.k; firstDepth += depthAtOnce) {
      Packed packed{nullptr, firstColumn, smaller(columnsAtOnce, columns - firstColumn), firstDepth,
                    smaller(depthAtOnce, product.k - firstDepth)};
      packed.floats = static_cast<float*>(scratch(Scratch::packedRight, packed.floatCount() * Index{sizeof(float)}));
      forEach(packed.slices() * packed.panels(),
              [&](Index i) { packPanel(product, packed, i / packed.panels(), i % packed.panels()); });

      const bool isLast = firstColumn + packed.columns == columns && firstDepth + packed.depth == product.k;
      forBlocks(product.m, rowBlock, [&](Index begin, Index end) {
        multiplyRows(product, packed, begin, end - begin);
        if (!isLast) return;
        for (Index j = 0; j < dots; j++) dotColumn(product, dotColumns + j * product.k, columns + j, begin, end - begin);
        finishRows(product, begin, end - begin);
      });
    }
  }
}

/** How a product of two factors that lie across k is cut: C into blocks, k into slabs. */
struct Cut {
  Index rowParts, columnParts;
  /** Columns that tiles cover; those behind them are dot products. */
  Index tiled;
  Index depth;
};

/** With slabs of this depth, what a block of C needs of both factors fits the second cache, and so does what comes next. */
constexpr Index slabDepth = 256;
constexpr Index blockRows = 256, blockColumns = 288;
constexpr Index lineFloats = 16;

/** Blocks of C for all threads alike. How many there are depends on the threads; what is summed in which order does not. */
Cut cutOf(const Product& product) {
  const Index beyond = product.n % lanes;
  Cut cut;
  cut.tiled = product.n - (product.n > lanes && beyond <= maxDots ? beyond : 0);
  cut.depth = ceilDiv(product.k, ceilDiv(product.k, slabDepth));
  const Index strips = ceilDiv(product.m, tileRows), vecs = ceilDiv(cut.tiled, lanes);
  cut.rowParts = ceilDiv(product.m, blockRows);
  cut.columnParts = ceilDiv(cut.tiled, blockColumns);
  const Index threads = threadCount();
  for (Index parts = 1; parts = cut.rowParts * cut.columnParts, parts % threads != 0 && parts < 4 * threads;) {
    const bool areRowsLonger = product.m / cut.rowParts >= cut.tiled / cut.columnParts;
    if (cut.rowParts < strips && (areRowsLonger || cut.columnParts == vecs)) cut.rowParts++;
    else if (cut.columnParts < vecs) cut.columnParts++;
    else break;
  }
  return cut;
}

/** Where part `i` of so many begins, in whole units. */
Index beginOf(Index size, Index unit, Index parts, Index i) {
  return smaller(size, ceilDiv(size, unit) * i / parts * unit);
}

/** `count` elements of each of `depth` rows into strips of `width`; the last is filled up to whole vectors with zeros. */
template <int width>
void packAcross(const float* from, Index row, Index count, Index depth, float* to) {
  const Index stripFloats = depth * width + panelGap;
  constexpr Index rowsAtOnce = 16;
  for (Index p0 = 0; p0 < depth; p0 += rowsAtOnce) {
    const Index p1 = smaller(depth, p0 + rowsAtOnce);
    for (Index j0 = 0; j0 < count; j0 += width) {
      float* strip = to + j0 / width * stripFloats;
      const Index columns = smaller(width, count - j0);
      if (columns == width) {
        for (Index p = p0; p < p1; p++) __builtin_memcpy(strip + p * width, from + p * row + j0, width * sizeof(float));
        continue;
      }
      const Index filled = width < lanes ? width : ceilDiv(columns, lanes) * lanes;
      for (Index p = p0; p < p1; p++) {
        for (Index j = 0; j < columns; j++) strip[p * filled + j] = from[p * row + j0 + j];
        for (Index j = columns; j < filled; j++) strip[p * filled + j] = 0;
      }
    }
  }
}

/** Lines that the next slab is packed from, asked for a few at a time. */
struct Ahead {
  const float *a, *b;
  Index aRow, bRow, aLines, bLines, depth;
  Index next = 0;

  Index lines() const { return depth * (aLines + bLines); }
  void fetch(Index count) {
    const Index end = smaller(lines(), next + count);
    Index row = next / (aLines + bLines), line = next % (aLines + bLines);
    for (; next < end; next++) {
      const float* at = line < aLines ? a + row * aRow + line * lineFloats : b + row * bRow + (line - aLines) * lineFloats;
      __builtin_prefetch(at, 0, 2);  // into the second cache; the first one is in use
      if (++line == aLines + bLines) line = 0, row++;
    }
  }
};

/** Sums over p of from[p · row + i] · column[p] for `vecs` vectors of i. */
template <int vecs>
void dotVectors(const float* from, Index row, const float* column, Index depth, float* sums) {
  Vec sum[vecs];
  for (int v = 0; v < vecs; v++) sum[v] = Vec{};
  for (Index p = 0; p < depth; p++, from += row)
    for (int v = 0; v < vecs; v++) sum[v] += load(from + v * lanes) * splat(column[p]);
  for (int v = 0; v < vecs; v++) store(sums + v * lanes, sum[v]);
}

/** Rows of the part of C behind the tiles, over the slab that begins at term `begin`. */
void dotRows(const Product& product, const Cut& cut, Index begin, Index depth, Index firstRow, Index rows) {
  float* column = static_cast<float*>(scratch(Scratch::partial, (depth + rows) * Index{sizeof(float)}));
  float* sums = column + depth;
  const float* from = product.a + begin * product.aColumn + firstRow;
  for (Index j = cut.tiled; j < product.n; j++) {
    for (Index p = 0; p < depth; p++) column[p] = product.b[(begin + p) * product.bRow + j];
    Index i = 0;
    for (; i + 4 * lanes <= rows; i += 4 * lanes) dotVectors<4>(from + i, product.aColumn, column, depth, sums + i);
    for (; i + lanes <= rows; i += lanes) dotVectors<1>(from + i, product.aColumn, column, depth, sums + i);
    // The last vector may cover rows that another did, and finds the same.
    if (i < rows && rows >= lanes) dotVectors<1>(from + rows - lanes, product.aColumn, column, depth, sums + rows - lanes);
    for (; rows < lanes && i < rows; i++) {
      sums[i] = 0;
      for (Index p = 0; p < depth; p++) sums[i] += from[p * product.aColumn + i] * column[p];
    }
    float* c = product.c + firstRow * product.n + j;
    for (i = 0; i < rows; i++) c[i * product.n] = begin == 0 ? sums[i] : c[i * product.n] + sums[i];
  }
}

void multiplyBlock(const Product& product, const Cut& cut, Index part) {
  const Index rowPart = part % cut.rowParts, columnPart = part / cut.rowParts;
  const Index firstRow = beginOf(product.m, tileRows, cut.rowParts, rowPart);
  const Index rows = beginOf(product.m, tileRows, cut.rowParts, rowPart + 1) - firstRow;
  const Index firstColumn = beginOf(cut.tiled, lanes, cut.columnParts, columnPart);
  const Index columns = beginOf(cut.tiled, lanes, cut.columnParts, columnPart + 1) - firstColumn;
  const Index strips = ceilDiv(rows, tileRows), panels = ceilDiv(columns, tileColumns);
  const auto floats = [](Scratch slot, Index count) { return static_cast<float*>(scratch(slot, count * Index{sizeof(float)})); };
  float* left = floats(Scratch::packedLeft, strips * (cut.depth * tileRows + panelGap));
  float* right = floats(Scratch::packedRight, panels * (cut.depth * tileColumns + panelGap));
  for (Index begin = 0; begin < product.k; begin += cut.depth) {
    const Index depth = smaller(cut.depth, product.k - begin), then = begin + depth;
    packAcross<tileRows>(product.a + begin * product.aColumn + firstRow, product.aColumn, rows, depth, left);
    packAcross<tileColumns>(product.b + begin * product.bRow + firstColumn, product.bRow, columns, depth, right);
    if (columnPart == cut.columnParts - 1) dotRows(product, cut, begin, depth, firstRow, rows);
    Ahead ahead{product.a + then * product.aColumn + firstRow, product.b + then * product.bRow + firstColumn,
                product.aColumn, product.bRow, ceilDiv(rows, lineFloats), ceilDiv(columns, lineFloats),
                smaller(cut.depth, product.k - then)};
    const Index linesATile = ceilDiv(ahead.lines(), strips * panels);
    for (Index panel = 0; panel < panels; panel++) {
      Tile tile{};
      tile.depth = depth;
      tile.b = right + panel * (depth * tileColumns + panelGap);
      tile.cRow = product.n;
      tile.columns = smaller(tileColumns, columns - panel * tileColumns);
      tile.isFirst = begin == 0;
      for (Index strip = 0; strip < strips; strip++) {
        ahead.fetch(linesATile);
        tile.a = left + strip * (depth * tileRows + panelGap);
        tile.c = product.c + (firstRow + strip * tileRows) * product.n + firstColumn + panel * tileColumns;
        tileFor<true>(smaller(tileRows, rows - strip * tileRows), ceilDiv(tile.columns, lanes))(tile);
      }
    }
  }
}

void multiplyAcross(const Product& product) {
  const Cut cut = cutOf(product);
  forEach(cut.rowParts * cut.columnParts, [&](Index part) { multiplyBlock(product, cut, part); });
  forBlocks(product.m, blockRows, [&](Index begin, Index end) { finishRows(product, begin, end - begin); });
}

/** Without packing, for matrices of which that would be most of the work. */
void multiplySmall(const Product& product) {
  for (Index i = 0; i < product.m; i++) {
    float* c = product.c + i * product.n;
    for (Index j = 0; j < product.n; j++) c[j] = 0;
    for (Index p = 0; p < product.k; p++) {
      const float left = product.a[i * product.aRow + p * product.aColumn];
      const float* b = product.b + p * product.bRow;
      if (product.bColumn == 1)
        for (Index j = 0; j < product.n; j++) c[j] += left * b[j];
      else
        for (Index j = 0; j < product.n; j++) c[j] += left * b[j * product.bColumn];
    }
  }
  finishRows(product, 0, product.m);
}

constexpr double smallOperations = 8192;

}  // namespace

void multiply(const Product& product) {
  const double operations = static_cast<double>(product.m) * static_cast<double>(product.n) * static_cast<double>(product.k);
  if (operations <= smallOperations) multiplySmall(product);
  else if (product.aColumn != 1 && product.bColumn == 1) multiplyAcross(product);
  else multiplyLarge(product);
}

}  // namespace NATIVE_ISA
}  // namespace native
