/* softmax(Q K^T * scale) V for AVX-512, a block of rows and keys at a time.

   The online softmax of Milakov and Gimelshein 2018, tiled as by Dao et al. 2022 (FlashAttention).
   Compiled for one width D of the heads and, with -DBF16, for bfloat16, whose products are summed
   in float32. Rows of q, k, v and out are contiguous; their other strides count numbers. */

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define LANES 16
#define ROWS 24    /* queries of a block */
#define TILE 6     /* queries whose scores are in registers at once */
#define KEYS 64    /* keys of a tile of scores */
#define CHUNK 256  /* keys of a block */
#define FAR -1e30f /* below every score */
#define UNROLL _Pragma("GCC unroll 32")

/* A row of values is VECTORS vectors, and half of one where that is enough for the last channels. */
#define HALF (D % LANES > 0 && D % LANES <= LANES / 2 && D < 6 * LANES)
#define VECTORS ((D + LANES - 1) / LANES - HALF)
#define WIDTH (VECTORS * LANES + HALF * LANES / 2)

/* COLUMNS of them are summed at a time: wide values are read less often than by few rows each. */
#if VECTORS <= 6
#define COLUMNS VECTORS
#elif VECTORS % 5 == 0
#define COLUMNS 5
#elif VECTORS % 4 == 0
#define COLUMNS 4
#elif VECTORS % 3 == 0
#define COLUMNS 3
#else
#define COLUMNS VECTORS
#endif

/* As many rows of it as fit in registers beside the values. */
#if COLUMNS + HALF <= 2
#define HELD 12
#elif COLUMNS + HALF == 3
#define HELD 8
#elif COLUMNS + HALF == 4
#define HELD 6
#elif COLUMNS + HALF <= 6
#define HELD 4
#else
#define HELD 2
#endif

/* A lane holds one number, or in bfloat16 two that stand side by side: a pair of channels in q and
   k, of keys in the weights and v. */
#ifdef BF16
typedef uint16_t number;
#define PAIR 2
#define MULTIPLY_ADD(a, b, sum) _mm512_dpbf16_ps(sum, (__m512bh)(a), (__m512bh)(b))
#define MULTIPLY_ADD_HALF(a, b, sum) _mm256_dpbf16_ps(sum, (__m256bh)(a), (__m256bh)(b))
#else
typedef float number;
#define PAIR 1
#define MULTIPLY_ADD(a, b, sum) _mm512_fmadd_ps((__m512)(a), (__m512)(b), sum)
#define MULTIPLY_ADD_HALF(a, b, sum) _mm256_fmadd_ps((__m256)(a), (__m256)(b), sum)
#endif
#define DEPTH (D / PAIR)

typedef struct {
    int64_t batch, head, row;
} strides;

typedef struct {
    number q[ROWS * D], weights[ROWS * CHUNK];
    float scores[ROWS * CHUNK], out[ROWS * WIDTH], top[ROWS], sum[ROWS], shrink[ROWS];
} __attribute__((aligned(64))) block;

static inline __m512i load(const void *from) { return _mm512_loadu_si512(from); }

static inline __m512i spread(const number *from) {
    int32_t bits;
    memcpy(&bits, from, 4);
    return _mm512_set1_epi32(bits);
}

/* 2^x for x <= 0, to 2e-7: the polynomial nearest to it on [-1/2, 1/2], and the exponent. */
static inline __m512 power_of_two(__m512 x) {
    __m512 whole = _mm512_roundscale_ps(x, 0), part = _mm512_sub_ps(x, whole);
    __m512 y = _mm512_set1_ps(1.3264727e-3f);
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(9.6715127e-3f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(5.5507337e-2f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(2.4022242e-1f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(6.9314698e-1f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(y, whole);
}

/* Keys as [tile][pair of channels][key], values as [pair of keys][channel]; what is beyond is 0. */
static void lay_out(const number *k, const number *v, int64_t k_row, int64_t v_row, int64_t keys,
                    int64_t padded, number *to_k, number *to_v) {
    memset(to_k, 0, sizeof(number) * padded * D);
    memset(to_v, 0, sizeof(number) * padded * WIDTH);
    for (int64_t start = 0; start < keys; start += KEYS) {
        int count = keys - start < KEYS ? keys - start : KEYS;
        for (int d = 0; d < D; d += PAIR) {
            number *to = to_k + (start * DEPTH + d / PAIR * KEYS) * PAIR;
            for (int n = 0; n < count; n++)
                memcpy(to + n * PAIR, k + (start + n) * k_row + d, sizeof(number) * PAIR);
        }
    }
    for (int64_t n = 0; n < keys; n++) {
        number *pair = to_v + n / PAIR * WIDTH * PAIR + n % PAIR;
        for (int d = 0; d < D; d++)
            pair[d * PAIR] = v[n * v_row + d];
    }
}

/* The scores of TILE queries and so many vectors of keys. */
static inline __attribute__((always_inline)) void score_some(const number *q, const number *k,
                                                             float *to, const int vectors) {
    __m512 sums[TILE][4];
    UNROLL for (int r = 0; r < TILE; r++) UNROLL for (int c = 0; c < vectors; c++)
        sums[r][c] = _mm512_setzero_ps();
    for (int d = 0; d < DEPTH; d++) {
        __m512i keys[4];
        UNROLL for (int c = 0; c < vectors; c++) keys[c] = load(k + (d * KEYS + c * LANES) * PAIR);
        UNROLL for (int r = 0; r < TILE; r++) {
            __m512i one = spread(q + r * D + d * PAIR);
            UNROLL for (int c = 0; c < vectors; c++)
                sums[r][c] = MULTIPLY_ADD(one, keys[c], sums[r][c]);
        }
    }
    UNROLL for (int r = 0; r < TILE; r++) UNROLL for (int c = 0; c < vectors; c++)
        _mm512_storeu_ps(to + r * CHUNK + c * LANES, sums[r][c]);
}

static void score(const number *q, const number *k, float *to, int vectors) {
    switch (vectors) {
    case 1: score_some(q, k, to, 1); break;
    case 2: score_some(q, k, to, 2); break;
    case 3: score_some(q, k, to, 3); break;
    default: score_some(q, k, to, 4);
    }
}

/* A row of scores to weights, relative to the greatest score so far. */
static inline void weigh(block *b, int row, int keys, float scale) {
    float *scores = b->scores + row * CHUNK;
    number *weights = b->weights + row * CHUNK;
    __m512 top = _mm512_set1_ps(FAR), sum = _mm512_setzero_ps();
    for (int n = 0; n < keys; n += LANES) top = _mm512_max_ps(top, _mm512_loadu_ps(scores + n));
    float greatest = _mm512_reduce_max_ps(top) * scale, before = b->top[row];
    greatest = greatest > before ? greatest : before;
    __m512 factor = _mm512_set1_ps(scale), peak = _mm512_set1_ps(greatest);
    for (int n = 0; n < keys; n += LANES) {
        __m512 y = power_of_two(_mm512_fmsub_ps(_mm512_loadu_ps(scores + n), factor, peak));
        sum = _mm512_add_ps(sum, y);
#ifdef BF16
        _mm256_storeu_si256((__m256i *)(weights + n), (__m256i)_mm512_cvtneps_pbh(y));
#else
        _mm512_storeu_ps(weights + n, y);
#endif
    }
    b->shrink[row] = _mm512_cvtss_f32(power_of_two(_mm512_set1_ps(before - greatest)));
    b->sum[row] = b->sum[row] * b->shrink[row] + _mm512_reduce_add_ps(sum);
    b->top[row] = greatest;
}

/* The weighted values of some keys, added to some columns of HELD rows of the result. */
static inline void gather(block *b, int row, const number *v, int keys, int first) {
    __m512 sums[HELD][COLUMNS];
    __m256 halves[HELD];
    float *out = b->out + row * WIDTH + first * LANES;
    const number *weights = b->weights + row * CHUNK;
    v += first * LANES * PAIR;
    UNROLL for (int r = 0; r < HELD; r++) {
        __m512 shrink = _mm512_set1_ps(b->shrink[row + r]);
        UNROLL for (int c = 0; c < COLUMNS; c++)
            sums[r][c] = _mm512_mul_ps(_mm512_loadu_ps(out + r * WIDTH + c * LANES), shrink);
        if (HALF)
            halves[r] = _mm256_mul_ps(_mm256_loadu_ps(out + r * WIDTH + COLUMNS * LANES),
                                      _mm512_castps512_ps256(shrink));
    }
    for (int n = 0; n < keys; n += PAIR) {
        const number *from = v + n * WIDTH;
        __m512i values[COLUMNS];
        __m256i rest = _mm256_setzero_si256();
        UNROLL for (int c = 0; c < COLUMNS; c++) values[c] = load(from + c * LANES * PAIR);
        if (HALF) rest = _mm256_loadu_si256((const void *)(from + COLUMNS * LANES * PAIR));
        UNROLL for (int r = 0; r < HELD; r++) {
            __m512i one = spread(weights + r * CHUNK + n);
            UNROLL for (int c = 0; c < COLUMNS; c++)
                sums[r][c] = MULTIPLY_ADD(one, values[c], sums[r][c]);
            if (HALF)
                halves[r] = MULTIPLY_ADD_HALF(_mm512_castsi512_si256(one), rest, halves[r]);
        }
    }
    UNROLL for (int r = 0; r < HELD; r++) {
        UNROLL for (int c = 0; c < COLUMNS; c++)
            _mm512_storeu_ps(out + r * WIDTH + c * LANES, sums[r][c]);
        if (HALF) _mm256_storeu_ps(out + r * WIDTH + COLUMNS * LANES, halves[r]);
    }
}

static inline number rounded(float x) {
#ifdef BF16
    uint32_t bits;
    memcpy(&bits, &x, 4);
    return x == x ? (bits + 0x7fff + (bits >> 16 & 1)) >> 16 : 0x7fc0;
#else
    return x;
#endif
}

static void attend(const number *q, int64_t q_row, int rows, const number *k, const number *v,
                   int64_t keys, float scale, number *out, int64_t out_row) {
    block b;
    memset(b.q, 0, sizeof b.q);
    memset(b.out, 0, sizeof b.out);
    for (int r = 0; r < ROWS; r++) b.top[r] = FAR, b.sum[r] = 0;
    for (int r = 0; r < rows; r++) memcpy(b.q + r * D, q + r * q_row, sizeof(number) * D);
    for (int64_t start = 0; start < keys; start += CHUNK) {
        int left = keys - start < CHUNK ? keys - start : CHUNK;
        int count = (left + LANES - 1) / LANES * LANES;
        for (int n = 0; n < count; n += KEYS)
            for (int r = 0; r < ROWS; r += TILE)
                score(b.q + r * D, k + (start + n) * D, b.scores + r * CHUNK + n,
                      (count - n) / LANES);
        for (int n = left; n < count; n++)
            for (int r = 0; r < ROWS; r++) b.scores[r * CHUNK + n] = FAR;
        for (int r = 0; r < ROWS; r++) weigh(&b, r, count, scale);
        for (int c = 0; c < VECTORS; c += COLUMNS)
            for (int r = 0; r < ROWS; r += HELD) gather(&b, r, v + start * WIDTH, left, c);
    }
    for (int r = 0; r < rows; r++)
        for (int d = 0; d < D; d++)
            out[r * out_row + d] = rounded(b.out[r * WIDTH + d] / b.sum[r]);
}

/* `room` is for batch * heads * padded * (D + WIDTH) numbers, padded being the keys
   rounded up to KEYS. `scale` is above 0. */
void attention(const number *q, const number *k, const number *v, number *out, const strides *of_q,
               const strides *of_k, const strides *of_v, const strides *of_out, int64_t batch,
               int64_t heads, int64_t rows, int64_t keys, float scale, number *room) {
    int64_t padded = (keys + KEYS - 1) / KEYS * KEYS, blocks = (rows + ROWS - 1) / ROWS;
    number *all_v = room + batch * heads * padded * D;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t i = 0; i < batch * heads; i++)
            lay_out(k + i / heads * of_k->batch + i % heads * of_k->head,
                    v + i / heads * of_v->batch + i % heads * of_v->head, of_k->row, of_v->row,
                    keys, padded, room + i * padded * D, all_v + i * padded * WIDTH);
#pragma omp for schedule(static)
        for (int64_t task = 0; task < batch * heads * blocks; task++) {
            int64_t i = task / blocks, row = task % blocks * ROWS;
            attend(q + i / heads * of_q->batch + i % heads * of_q->head + row * of_q->row,
                   of_q->row, rows - row < ROWS ? rows - row : ROWS, room + i * padded * D,
                   all_v + i * padded * WIDTH, keys,
                   scale * 1.44269504f, /* exponents are of two */
                   out + i / heads * of_out->batch + i % heads * of_out->head + row * of_out->row,
                   of_out->row);
        }
    }
}
