/* softmax(Q K^T * scale) V for AVX-512, a block of rows and keys at a time.

   The online softmax of Milakov and Gimelshein 2018, tiled as by Dao et al. 2022 (FlashAttention).
   Compiled for one width D of the heads and, with -DBF16, for bfloat16, whose products are summed
   in float32. Rows of q, k, v and out are contiguous; their other strides count numbers. */

#include <immintrin.h>
#include <stdint.h>
#include <string.h>

#define LANES 16
#define COLUMNS ((D + LANES - 1) / LANES) /* vectors in a row of values */
#define ROWS 24                           /* queries of a block */
#define TILE 6                            /* queries whose scores are in registers at once */
#define KEYS 64                           /* keys of a tile of scores */
#define CHUNK 256                         /* keys of a block */
#define FAR -1e30f                        /* below every score */
#define UNROLL _Pragma("GCC unroll 32")

/* As many rows of the result as fit in registers beside the values. */
#if COLUMNS <= 3
#define HELD 8
#elif COLUMNS == 4
#define HELD 6
#elif COLUMNS <= 6
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
#else
typedef float number;
#define PAIR 1
#define MULTIPLY_ADD(a, b, sum) _mm512_fmadd_ps((__m512)(a), (__m512)(b), sum)
#endif
#define DEPTH (D / PAIR)

typedef struct {
    int64_t batch, head, row;
} strides;

typedef struct {
    number q[ROWS * D], weights[ROWS * CHUNK];
    float scores[ROWS * CHUNK], out[ROWS * COLUMNS * LANES], top[ROWS], sum[ROWS], shrink[ROWS];
} __attribute__((aligned(64))) block;

static inline __m512i load(const void *from) { return _mm512_loadu_si512(from); }

static inline __m512i spread(const number *from) {
    int32_t bits;
    memcpy(&bits, from, 4);
    return _mm512_set1_epi32(bits);
}

/* 2^x for x <= 0, to 2e-7: a polynomial on [-1/2, 1/2] and the exponent. */
static inline __m512 power_of_two(__m512 x) {
    __m512 whole = _mm512_roundscale_ps(x, 0), part = _mm512_sub_ps(x, whole);
    __m512 y = _mm512_set1_ps(1.5403530e-4f);
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(1.3333558e-3f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(9.6181291e-3f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(5.5504109e-2f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(2.4022651e-1f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(6.9314718e-1f));
    y = _mm512_fmadd_ps(y, part, _mm512_set1_ps(1.0f));
    return _mm512_scalef_ps(y, whole);
}

/* Keys as [tile][pair of channels][key], values as [pair of keys][channel]; what is beyond is 0. */
static void lay_out(const number *k, const number *v, int64_t k_row, int64_t v_row, int64_t keys,
                    int64_t padded, number *to_k, number *to_v) {
    memset(to_k, 0, sizeof(number) * padded * D);
    memset(to_v, 0, sizeof(number) * padded * COLUMNS * LANES);
    for (int64_t n = 0; n < keys; n++) {
        number *tile = to_k + n / KEYS * KEYS * D + n % KEYS * PAIR;
        for (int d = 0; d < D; d++)
            tile[d / PAIR * KEYS * PAIR + d % PAIR] = k[n * k_row + d];
        number *pair = to_v + n / PAIR * COLUMNS * LANES * PAIR + n % PAIR;
        for (int d = 0; d < D; d++)
            pair[d * PAIR] = v[n * v_row + d];
    }
}

/* The scores of TILE queries and KEYS keys. */
static inline void score(const number *q, const number *k, float *to) {
    __m512 sums[TILE][4];
    UNROLL for (int r = 0; r < TILE; r++) UNROLL for (int c = 0; c < 4; c++)
        sums[r][c] = _mm512_setzero_ps();
    for (int d = 0; d < DEPTH; d++) {
        __m512i keys[4];
        UNROLL for (int c = 0; c < 4; c++) keys[c] = load(k + (d * KEYS + c * LANES) * PAIR);
        UNROLL for (int r = 0; r < TILE; r++) {
            __m512i one = spread(q + r * D + d * PAIR);
            UNROLL for (int c = 0; c < 4; c++)
                sums[r][c] = MULTIPLY_ADD(one, keys[c], sums[r][c]);
        }
    }
    UNROLL for (int r = 0; r < TILE; r++) UNROLL for (int c = 0; c < 4; c++)
        _mm512_storeu_ps(to + r * CHUNK + c * LANES, sums[r][c]);
}

/* A row of scores to weights, relative to the greatest score so far. */
static inline void weigh(block *b, int row, int keys, float scale) {
    float *scores = b->scores + row * CHUNK;
    number *weights = b->weights + row * CHUNK;
    __m512 top = _mm512_set1_ps(b->top[row]), sum = _mm512_setzero_ps();
    for (int n = 0; n < keys; n += LANES) top = _mm512_max_ps(top, _mm512_loadu_ps(scores + n));
    float greatest = _mm512_reduce_max_ps(top);
    __m512 factor = _mm512_set1_ps(scale), peak = _mm512_set1_ps(greatest);
    for (int n = 0; n < keys; n += LANES) {
        __m512 below = _mm512_sub_ps(_mm512_loadu_ps(scores + n), peak);
        __m512 y = power_of_two(_mm512_mul_ps(below, factor));
        sum = _mm512_add_ps(sum, y);
#ifdef BF16
        _mm256_storeu_si256((__m256i *)(weights + n), (__m256i)_mm512_cvtneps_pbh(y));
#else
        _mm512_storeu_ps(weights + n, y);
#endif
    }
    __m512 before = _mm512_set1_ps((b->top[row] - greatest) * scale);
    b->shrink[row] = _mm512_cvtss_f32(power_of_two(before));
    b->sum[row] = b->sum[row] * b->shrink[row] + _mm512_reduce_add_ps(sum);
    b->top[row] = greatest;
}

/* The weighted values of some keys, added to HELD rows of the result. */
static inline void gather(block *b, int row, const number *v, int keys) {
    __m512 sums[HELD][COLUMNS];
    float *out = b->out + row * COLUMNS * LANES;
    const number *weights = b->weights + row * CHUNK;
    UNROLL for (int r = 0; r < HELD; r++) UNROLL for (int c = 0; c < COLUMNS; c++)
        sums[r][c] = _mm512_mul_ps(_mm512_loadu_ps(out + (r * COLUMNS + c) * LANES),
                                   _mm512_set1_ps(b->shrink[row + r]));
    for (int n = 0; n < keys; n += PAIR) {
        __m512i values[COLUMNS];
        UNROLL for (int c = 0; c < COLUMNS; c++)
            values[c] = load(v + (n / PAIR * COLUMNS + c) * LANES * PAIR);
        UNROLL for (int r = 0; r < HELD; r++) {
            __m512i one = spread(weights + r * CHUNK + n);
            UNROLL for (int c = 0; c < COLUMNS; c++)
                sums[r][c] = MULTIPLY_ADD(one, values[c], sums[r][c]);
        }
    }
    UNROLL for (int r = 0; r < HELD; r++) UNROLL for (int c = 0; c < COLUMNS; c++)
        _mm512_storeu_ps(out + (r * COLUMNS + c) * LANES, sums[r][c]);
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
                   int64_t keys, int64_t padded, float scale, number *out, int64_t out_row) {
    block b;
    memset(b.q, 0, sizeof b.q);
    memset(b.out, 0, sizeof b.out);
    for (int r = 0; r < ROWS; r++) b.top[r] = FAR, b.sum[r] = 0;
    for (int r = 0; r < rows; r++) memcpy(b.q + r * D, q + r * q_row, sizeof(number) * D);
    for (int64_t start = 0; start < padded; start += CHUNK) {
        int count = padded - start < CHUNK ? padded - start : CHUNK;
        for (int n = 0; n < count; n += KEYS)
            for (int r = 0; r < ROWS; r += TILE)
                score(b.q + r * D, k + (start + n) * D, b.scores + r * CHUNK + n);
        for (int64_t n = keys > start ? keys - start : 0; n < count; n++)
            for (int r = 0; r < ROWS; r++) b.scores[r * CHUNK + n] = FAR;
        for (int r = 0; r < ROWS; r++) weigh(&b, r, count, scale);
        for (int r = 0; r < ROWS; r += HELD) gather(&b, r, v + start * COLUMNS * LANES, count);
    }
    for (int r = 0; r < rows; r++)
        for (int d = 0; d < D; d++)
            out[r * out_row + d] = rounded(b.out[r * COLUMNS * LANES + d] / b.sum[r]);
}

/* `room` is for batch * heads * padded * (D + COLUMNS * LANES) numbers, padded being the keys
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
                    keys, padded, room + i * padded * D, all_v + i * padded * COLUMNS * LANES);
#pragma omp for schedule(static)
        for (int64_t task = 0; task < batch * heads * blocks; task++) {
            int64_t i = task / blocks, row = task % blocks * ROWS;
            attend(q + i / heads * of_q->batch + i % heads * of_q->head + row * of_q->row,
                   of_q->row, rows - row < ROWS ? rows - row : ROWS, room + i * padded * D,
                   all_v + i * padded * COLUMNS * LANES, keys, padded,
                   scale * 1.44269504f, /* exponents are of two */
                   out + i / heads * of_out->batch + i % heads * of_out->head + row * of_out->row,
                   of_out->row);
        }
    }
}
