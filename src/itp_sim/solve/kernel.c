/* The fast engine in C: patients in lanes of one vector, each with its own day, step and infusion.

   The same operations in the same order as elementary.py, untreated.py, follow.py and twin.py, so the same bits:
   compile with -ffp-contract=off and without any fast-math. Each width of the vector is compiled on its own
   (-DLANES=8, 4, 2, 1), and once without LANES for the entry points. No library function is called. */

#include <stdint.h>

#if defined(__GNUC__) && !defined(__clang__)
/* Independent chains of operations side by side; Clang does so by itself. */
#pragma GCC optimize("schedule-insns", "sched-pressure", "rename-registers")
#endif

#define CAT2(a, b) a##b
#define CAT(a, b) CAT2(a, b)

/* A problem and the room for its answer: `Task` in kernel.py; arrays as in rows.py. */
typedef struct {
    int64_t patients, times, levels, outputs;
    const double *p;
    const int64_t *first;
    const double *breaks, *rates, *days, *marks;
    const int64_t *wanted;
    double rtol;
    double *values, *single, *by_level, *audit, *ended;
    int64_t *steps;
} Task;

#ifndef LANES /* ------------------------------------------------------------------------------ entry points */

#ifdef _WIN32
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

void itp_run_1(const Task *, int64_t, int64_t);
void itp_run_2(const Task *, int64_t, int64_t);
#ifdef WIDE
void itp_run_4(const Task *, int64_t, int64_t);
void itp_run_8(const Task *, int64_t, int64_t);
#include <cpuid.h>

static uint64_t enabled_registers(void)
{
    uint32_t low, high;
    __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}
#endif

/* Widest vector that this machine runs. */
EXPORT int64_t itp_widest(void)
{
#ifdef WIDE
    uint32_t a, b, c, d;
    if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_OSXSAVE))
        return 2;
    const uint64_t on = enabled_registers();
    if (!__get_cpuid_count(7, 0, &a, &b, &c, &d))
        return 2;
    if ((on & 0xe6) == 0xe6 && (b & bit_AVX512F) && (b & bit_AVX512DQ) && (b & bit_AVX512VL))
        return 8;
    if ((on & 0x6) == 0x6 && (b & bit_AVX2))
        return 4;
#endif
    return 2;
}

/* What was compiled: a digest of this file and of generated.h. */
EXPORT const char *itp_digest(void)
{
    return DIGEST;
}

/* Solve patients `from` to `to` - 1 of `task`, `lanes` at a time: 1, 2, or with WIDE also 4 and 8. */
EXPORT void itp_run(const Task *task, int64_t from, int64_t to, int64_t lanes)
{
#ifdef WIDE
    if (lanes == 8) {
        itp_run_8(task, from, to);
        return;
    }
    if (lanes == 4) {
        itp_run_4(task, from, to);
        return;
    }
#endif
    (lanes == 2 ? itp_run_2 : itp_run_1)(task, from, to);
}

#else /* ------------------------------------------------------------------------------------------- numbers */

#if defined(__x86_64__) || defined(_M_X64)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))
#define NOINLINE static __attribute__((noinline))
#define EACH(i) for (int i = 0; i < LANES; i++)
#define AT(x, i) (((double *)&(x))[i])
#define BITS_AT(x, i) (((int64_t *)&(x))[i])

/* V: numbers. M: all bits set where true. U: bits of numbers. */
#if LANES == 1
typedef double V;
typedef int64_t M;
typedef uint64_t U;
#define TRUTH(x) (-(int64_t)(x))
#else
typedef double V __attribute__((vector_size(8 * LANES)));
typedef int64_t M __attribute__((vector_size(8 * LANES)));
typedef uint64_t U __attribute__((vector_size(8 * LANES)));
#define TRUTH(x) ((M)(x))
#endif

/* Taking off zero changes no number; a compiler broadcasts the rest. */
INLINE V K(double x)
{
    return x - (V){0};
}

INLINE U as_bits(V x)
{
    U u;
    __builtin_memcpy(&u, &x, sizeof u);
    return u;
}

INLINE V as_number(U u)
{
    V x;
    __builtin_memcpy(&x, &u, sizeof x);
    return x;
}

INLINE V either(M which, V a, V b)
{
    return as_number((as_bits(a) & (U)which) | (as_bits(b) & ~(U)which));
}

INLINE int any(M m)
{
#if LANES == 8 && defined(__AVX512DQ__)
    return _mm512_movepi64_mask((__m512i)m) != 0;
#elif LANES == 4 && defined(__AVX__)
    return _mm256_movemask_pd((__m256d)m) != 0;
#elif LANES == 2 && defined(__SSE2__)
    return _mm_movemask_pd((__m128d)m) != 0;
#else
    int64_t all = 0;
    EACH(i) all |= BITS_AT(m, i);
    return all != 0;
#endif
}
/* The larger and the smaller of two; `b` where one is NaN: what the instructions of x86 do. */
#if LANES == 8 && defined(__AVX512F__)
#define LARGER _mm512_max_pd
#define SMALLER _mm512_min_pd
#elif LANES == 4 && defined(__AVX__)
#define LARGER _mm256_max_pd
#define SMALLER _mm256_min_pd
#elif LANES == 2 && defined(__SSE2__)
#define LARGER _mm_max_pd
#define SMALLER _mm_min_pd
#endif

INLINE V larger(V a, V b)
{
#ifdef LARGER
    return (V)LARGER(a, b);
#else
    return either(TRUTH(a > b), a, b);
#endif
}

INLINE V smaller(V a, V b)
{
#ifdef SMALLER
    return (V)SMALLER(a, b);
#else
    return either(TRUTH(a < b), a, b);
#endif
}

INLINE V size(V a)
{
    return as_number(as_bits(a) & ~((U){0} + ((uint64_t)1 << 63)));
}

/* ---------------------------------------------------------------------- elementary.py: log2, exp2 and power */

INLINE V power(V x, V y);
#include "generated.h"

INLINE V log_2(V x)
{
    const uint64_t bias = 1024, mantissa = 52;
    const U bits = as_bits(x);
    const U shifted = bits - (uint64_t)ELEMENTARY_HALF_ROOT;
    const U exponent = (shifted + (bias << mantissa)) >> mantissa;
    /* The exponent in the low bits of 2^52 makes it a number. */
    const V whole = as_number(exponent | ((U){0} + (uint64_t)0x4330000000000000)) - K(4503599627370496.0 + 1024.0);
    const V f = as_number(bits - (shifted >> mantissa << mantissa)) - K(1.0);
    const V s = f / (f + K(2.0));
    const V z = s * s;
    const V w = z * z;
    const double *const c = ELEMENTARY_LOG;
    /* Pairs of terms, and pairs of pairs: they do not wait for each other. */
    const V low = (K(c[0]) + K(c[1]) * z) + w * (K(c[2]) + K(c[3]) * z);
    const V high = (K(c[4]) + K(c[5]) * z) + w * (K(c[6]) + K(c[7]) * z);
    return s * (low + (w * w) * high) + whole;
}

INLINE V exp_2(V x)
{
    x = smaller(K(ELEMENTARY_LIMIT), larger(K(-ELEMENTARY_LIMIT), x));
    const V shifted = x + K(ELEMENTARY_ROUND);
    const V r = x - (shifted - K(ELEMENTARY_ROUND));
    const V t = r * r;
    const V w = t * t;
    const double *const c = ELEMENTARY_EXP;
    const V low = (K(c[0]) + K(c[1]) * r) + t * (K(c[2]) + K(c[3]) * r);
    const V high = (K(c[4]) + K(c[5]) * r) + t * (K(c[6]) + K(c[7]) * r);
    const V highest = (K(c[8]) + K(c[9]) * r) + t * K(c[10]);
    const V y = K(1.0) + r * ((low + w * high) + (w * w) * highest);
    return y * as_number((as_bits(shifted) + (uint64_t)1023) << (uint64_t)52);
}

INLINE V power(V x, V y)
{
    const V result = exp_2(y * log_2(x)) + (x - x);
    return either(TRUTH(x < K(ELEMENTARY_SMALLEST)), K(0.0), result);
}

/* ------------------------------------------------------------------- untreated.py: patients ready to start */

typedef struct {
    V y[N_states], c[N_constants], count;
} Ready;

NOINLINE void make_ready(const Task *task, int64_t from, int64_t to, Ready *ready)
{
    V p[N_parameters], u[N_untreated], w[N_watched], T[1], held[1], r[1], next[1];
    EACH(i)
    {
        const int64_t patient = from + i < to ? from + i : from;
        for (int j = 0; j < N_parameters; j++)
            AT(p[j], i) = task->p[j * task->patients + patient];
    }
    /* Once a step changes nothing, those that are left would not either. */
    tpo_first(p, T);
    for (int n = 0, moved = 1; n < METHOD_NEWTON && moved; n++) {
        tpo_next(p, T, next);
        moved = any(TRUTH(T[0] != next[0]));
        T[0] = next[0];
    }
    survival_first(p, T, held, r);
    for (int n = 0, moved = 1; n < METHOD_NEWTON && moved; n++) {
        survival_next(held, r, next);
        moved = any(TRUTH(r[0] != next[0]));
        r[0] = next[0];
    }
    untreated(p, T, r, u);
    baseline(p, u, ready->y);
    constants(p, u, ready->c);
    watch(ready->y, ready->c, w);
    ready->count = p[PLACE_P0];
}

/* -------------------------------------------------------------------- follow.py: what is read off the count */

typedef struct {
    V peak, peak_day, area, back, igg_peak, untreated;
    V *marks, *first, *last, *total, *since;
    M *over;
    int64_t levels;
} Track;

/* An accepted step of the lanes `in`. */
typedef struct {
    M in;
    V start, length, over, count[5], count_end, igg[5], igg_end;
} Step;

INLINE V value(const V *c, V s)
{
    return c[0] + s * (c[1] + s * (c[2] + s * (c[3] + s * c[4])));
}

INLINE V slope(const V *c, V s)
{
    return c[1] + s * (K(2.0) * c[2] + s * (K(3.0) * c[3] + s * (K(4.0) * c[4])));
}

INLINE void derive(const V *c, V *d)
{
    d[0] = c[1];
    d[1] = K(2.0) * c[2];
    d[2] = K(3.0) * c[3];
    d[3] = K(4.0) * c[4];
    d[4] = K(0.0) * c[4];
}

NOINLINE V root(const V *c, V a, V b, M which)
{
    const V y_a = value(c, a), y_b = value(c, b);
    const M rising = TRUTH(y_b > y_a);
    V low = a, high = b, x = a + (b - a) * (y_a / (y_a - y_b));
    M going = which;
    x = either(TRUTH(x >= a) & TRUTH(x <= b), x, K(0.5) * (a + b));
    for (int n = 0; n < FOLLOW_SEARCHES && any(going); n++) {
        const V y = value(c, x);
        const M before = ~(TRUTH(y < K(0.0)) ^ rising);
        low = either(before, x, low);
        high = either(before, high, x);
        V new = x - y / slope(c, x);
        new = either(TRUTH(new >= low) & TRUTH(new <= high), new, K(0.5) * (low + high));
        const M close = TRUTH(size(new - x) <= K(FOLLOW_CLOSE));
        x = either(going, new, x);
        going &= ~close;
    }
    return x;
}

INLINE V crossing_day(const Step *step, V level, V a, V b, M which)
{
    const V c[5] = {step->count[0] - level, step->count[1], step->count[2], step->count[3], step->count[4]};
    return step->start + step->length * root(c, a, b, which);
}

NOINLINE void cross(Track *track, const Step *step, int64_t k, V a, V b, M crossed)
{
    const V day = crossing_day(step, track->marks[k], a, b, crossed);
    const M was_over = track->over[k];
    const M down = crossed & was_over;
    const V first = track->first[k], total = track->total[k];
    track->first[k] = either(crossed & TRUTH(first != first), day, first);
    track->last[k] = either(down, day, track->last[k]);
    track->total[k] = either(down, total + (day - track->since[k]), total);
    track->since[k] = either(crossed, day, track->since[k]);
    track->over[k] = was_over ^ crossed;
}

INLINE void piece(Track *track, const Step *step, M in, V a, V b, V end)
{
    const M higher = in & TRUTH(end > track->peak);
    track->peak = either(higher, end, track->peak);
    track->peak_day = either(higher, step->start + step->length * b, track->peak_day);
    track->back = either(higher, K(__builtin_nan("")), track->back);
    M some = in ^ in;
    for (int64_t k = 0; k < track->levels; k++)
        some |= track->over[k] ^ TRUTH(end >= track->marks[k]);
    if (any(some & in))
        for (int64_t k = 0; k < track->levels; k++) {
            const M crossed = in & (track->over[k] ^ TRUTH(end >= track->marks[k]));
            if (any(crossed))
                cross(track, step, k, a, b, crossed);
        }
    const V rise = track->peak - track->untreated;
    const V level = track->untreated + K(CURVE_RETURN_SHARE) * rise;
    const M none = TRUTH(track->back != track->back);
    const M back = in & none & TRUTH(rise > K(FOLLOW_NO_RISE) * track->untreated) & TRUTH(end < level);
    if (any(back))
        track->back = either(back, crossing_day(step, level, a, b, back), track->back);
}

NOINLINE void parts(Track *track, const Step *step, M bent)
{
    const V *const c = step->count;
    V derivative[5];
    derive(c, derivative);
    for (int i = 0; i < FOLLOW_PARTS; i++) {
        V a = K((double)i / FOLLOW_PARTS);
        const V b = K((double)(i + 1) / FOLLOW_PARTS);
        const M turns = bent & TRUTH(slope(c, a) * slope(c, b) < K(0.0));
        if (any(turns)) {
            const V r = root(derivative, a, b, turns);
            piece(track, step, turns, a, r, value(c, r));
            a = either(turns, r, a);
        }
        piece(track, step, bent, a, b, i == FOLLOW_PARTS - 1 ? step->count_end : value(c, b));
    }
}

INLINE M clearly_monotone(const V *c)
{
    const V b0 = c[1];
    const V b1 = c[1] + c[2] * K(2.0 / 3.0);
    const V b2 = c[1] + (c[2] * K(4.0 / 3.0) + c[3]);
    const V b3 = c[1] + (c[2] * K(2.0) + (c[3] * K(3.0) + c[4] * K(4.0)));
    const V o = K(0.0);
    const M rises = TRUTH(b0 >= o) & TRUTH(b1 >= o) & TRUTH(b2 >= o) & TRUTH(b3 >= o);
    const M falls = TRUTH(b0 <= o) & TRUTH(b1 <= o) & TRUTH(b2 <= o) & TRUTH(b3 <= o);
    return rises | falls;
}

NOINLINE void advance(Track *track, const Step *step)
{
    const V *const c = step->count;
    const V above = (c[0] - track->untreated) + (c[1] * K(0.5) + (c[2] / K(3.0) + (c[3] * K(0.25) + c[4] * K(0.2))));
    track->area = either(step->in, track->area + step->length * above, track->area);

    V top = step->igg_end;
    const M turns = step->in & TRUTH(step->igg[1] > K(0.0)) & TRUTH(slope(step->igg, K(1.0)) < K(0.0));
    if (any(turns)) {
        V derivative[5];
        derive(step->igg, derivative);
        const V s = root(derivative, K(0.0), K(1.0), turns);
        top = either(turns, larger(top, value(step->igg, s)), top);
    }
    track->igg_peak = either(step->in, larger(track->igg_peak, top), track->igg_peak);

    const M plain = step->in & clearly_monotone(c);
    const M bent = step->in & ~plain;
    if (any(plain))
        piece(track, step, plain, K(0.0), K(1.0), step->count_end);
    if (any(bent))
        parts(track, step, bent);
}

/* --------------------------------------------------------------------------------- twin.py: lanes and steps */

typedef struct {
    V y[N_states], c[N_constants];
    V t, h, end, rate, began, given, gap, day;
    M busy, steps, limit;
    int64_t patient[LANES], place[LANES], shown[LANES];
    Track track;
} Lanes;

NOINLINE void next_day(const Task *task, Lanes *lanes, int i)
{
    const int64_t k = lanes->shown[i];
    AT(lanes->day, i) = k < task->times ? task->days[k] : __builtin_inf();
}

NOINLINE void leave(const Task *task, Lanes *lanes, int i)
{
    task->steps[lanes->patient[i]] = BITS_AT(lanes->steps, i);
    BITS_AT(lanes->busy, i) = 0;
    AT(lanes->end, i) = AT(lanes->t, i) + METHOD_FIRST_STEP;
    AT(lanes->day, i) = __builtin_inf();
}

NOINLINE void fail(const Task *task, Lanes *lanes, M which, int reason)
{
    EACH(i) if (BITS_AT(which, i))
    {
        task->ended[lanes->patient[i]] = AT(lanes->t, i);
        task->ended[task->patients + lanes->patient[i]] = reason;
        leave(task, lanes, i);
    }
}

NOINLINE void store(const Task *task, Lanes *lanes, int i)
{
    Track *const track = &lanes->track;
    const int64_t n = task->patients, levels = track->levels, patient = lanes->patient[i];
    const double day = AT(lanes->t, i);
    const double single[5] = {AT(track->peak, i), AT(track->peak_day, i), AT(track->area, i), AT(track->back, i),
                              AT(track->igg_peak, i)};
    for (int r = 0; r < 5; r++)
        task->single[r * n + patient] = single[r];
    for (int64_t k = 0; k < levels; k++) {
        const int over = BITS_AT(track->over[k], i) != 0;
        const double total = AT(track->total[k], i);
        task->by_level[k * n + patient] = AT(track->first[k], i);
        task->by_level[(levels + k) * n + patient] = over ? day : AT(track->last[k], i);
        task->by_level[(2 * levels + k) * n + patient] = over ? total + (day - AT(track->since[k], i)) : total;
    }
    task->audit[patient] = AT(lanes->given, i);
    task->audit[n + patient] = AT(lanes->gap, i);
    leave(task, lanes, i);
}

/* The rate that runs from here on; pieces of no length are passed at once. */
NOINLINE void next_piece(const Task *task, Lanes *lanes, int i, int passed)
{
    int64_t place = lanes->place[i];
    while (passed || task->breaks[place + 1] - AT(lanes->began, i) < METHOD_SHORTEST) {
        const double reached = task->breaks[place + 1], h = AT(lanes->h, i);
        AT(lanes->given, i) += task->rates[place] * (reached - AT(lanes->began, i));
        AT(lanes->began, i) = reached;
        AT(lanes->h, i) = h > METHOD_FIRST_STEP ? h : METHOD_FIRST_STEP;
        place++;
        passed = 0;
        if (place + 1 >= task->first[lanes->patient[i] + 1]) {
            store(task, lanes, i);
            return;
        }
    }
    lanes->place[i] = place;
    AT(lanes->end, i) = task->breaks[place + 1];
    AT(lanes->rate, i) = task->rates[place];
}

NOINLINE void load(const Task *task, Lanes *lanes, int i, Ready *ready, int j, int64_t patient)
{
    Track *const track = &lanes->track;
    V w[N_watched];
    for (int s = 0; s < N_states; s++)
        AT(lanes->y[s], i) = AT(ready->y[s], j);
    for (int s = 0; s < N_constants; s++)
        AT(lanes->c[s], i) = AT(ready->c[s], j);
    watch(lanes->y, lanes->c, w);
    const double count = AT(w[0], i);
    AT(track->untreated, i) = AT(ready->count, j);
    AT(track->peak, i) = count;
    AT(track->igg_peak, i) = AT(w[1], i);
    AT(track->peak_day, i) = AT(track->area, i) = 0.0;
    AT(track->back, i) = __builtin_nan("");
    for (int64_t k = 0; k < track->levels; k++) {
        const double mark = task->marks[k * task->patients + patient];
        AT(track->marks[k], i) = mark;
        BITS_AT(track->over[k], i) = -(int64_t)(count >= mark);
        AT(track->first[k], i) = count >= mark ? 0.0 : __builtin_nan("");
        AT(track->last[k], i) = __builtin_nan("");
        AT(track->total[k], i) = AT(track->since[k], i) = 0.0;
    }
    AT(lanes->t, i) = AT(lanes->began, i) = AT(lanes->given, i) = AT(lanes->gap, i) = 0.0;
    AT(lanes->h, i) = METHOD_FIRST_STEP;
    BITS_AT(lanes->busy, i) = -1;
    BITS_AT(lanes->steps, i) = 0;
    BITS_AT(lanes->limit, i) = METHOD_STEPS * (task->first[patient + 1] - task->first[patient]);
    lanes->patient[i] = patient;
    lanes->place[i] = task->first[patient];
    lanes->shown[i] = 0;
    next_day(task, lanes, i);
    next_piece(task, lanes, i, 0);
}

NOINLINE void rates_of_change(const V *y, const V *c, const V *rate, V *f)
{
    rhs(y, c, rate, f);
}

NOINLINE void solve_stage(const V *b, const V *m, const V *c, V *x)
{
    substitute(b, m, c, x);
}

/* `total` and multiples, from the second to the `n`-th, of what lies `stride` apart, from first to last. */
INLINE V more(V total, const double *multiples, int n, const V *rows, int stride)
{
    for (int j = 1; j < n; j++)
        total += K(multiples[j]) * rows[j * stride];
    return total;
}

/* Sum of `n` multiples of what lies `stride` apart. */
INLINE V combined(const double *multiples, int n, const V *rows, int stride)
{
    return more(K(multiples[0]) * rows[0], multiples, n, rows, stride);
}

INLINE void stage(int i, const V *y, const V *c, const V *rate, const V *m, V over, V *state, V (*k)[N_states])
{
    V f[N_states], right[METHOD_STAGES];
    for (int j = 0; j < i; j++)
        right[j] = K(METHOD_RIGHT[i][j]) * over;
    /* Not unrolled, the multiples stay in registers. */
#pragma GCC unroll 1
    for (int s = 0; s < N_states; s++)
        if (i < 6) {
            const double *const multiples = METHOD_STATE[i < 6 ? i : 0];
            state[s] = more(y[s] + K(multiples[0]) * k[0][s], multiples, i, &k[0][s], N_states);
        } else
            state[s] += k[i - 1][s];
    rates_of_change(state, c, rate, f);
#pragma GCC unroll 1
    for (int s = 0; s < N_states; s++) {
        V total = right[0] * k[0][s];
        for (int j = 1; j < i; j++)
            total += right[j] * k[j][s];
        f[s] += total;
    }
    solve_stage(f, m, c, k[i]);
}

/* Increments `k` of a step `h`, and the state `new` at its end. */
NOINLINE void stages(const V *y, const V *c, const V *rate, V h, V (*k)[N_states], V *new)
{
    V f[N_states], m[N_factors];
    const V scale[1] = {K(1.0) / (K(METHOD_GAMMA) * h)}, over = K(1.0) / h;
    linearise(y, c, rate, scale, f, m);
    solve_stage(f, m, c, k[0]);
    stage(1, y, c, rate, m, over, new, k);
    stage(2, y, c, rate, m, over, new, k);
    stage(3, y, c, rate, m, over, new, k);
    stage(4, y, c, rate, m, over, new, k);
    stage(5, y, c, rate, m, over, new, k);
    stage(6, y, c, rate, m, over, new, k);
    stage(7, y, c, rate, m, over, new, k);
    for (int s = 0; s < N_states; s++)
        new[s] += k[7][s];
}

/* Squared error of a step; the shares of four states have one denominator, since a division is slow. */
INLINE V squared_error(const V *e, const V *y, const V *new, double rtol)
{
    const double allowed = METHOD_ALLOWED * rtol;
    V total = K(0.0);
    for (int s = 0; s < N_states; s += 4) {
        V top[4], bottom[4];
        for (int j = 0; j < 4; j++) {
            const int i = s + j < N_states ? s + j : 0, none = s + j >= N_states;
            top[j] = none ? K(0.0) : e[i];
            bottom[j] = none ? K(1.0) : larger(size(y[i]), size(new[i])) + K(METHOD_ABSOLUTE);
        }
        const V a = top[0] * bottom[1], b = top[1] * bottom[0], ab = bottom[0] * bottom[1];
        const V c = top[2] * bottom[3], d = top[3] * bottom[2], cd = bottom[2] * bottom[3];
        const V first = ab * ab, second = cd * cd;
        total += ((a * a + b * b) * second + (c * c + d * d) * first) / (first * second);
    }
    return total * K(1.0 / (allowed * allowed));
}

/* Polynomial between `y` and `new`; the increments lie `stride` apart. */
INLINE void dense(V y, V new, const V *k, int stride, V *c)
{
    const V d1 = combined(METHOD_DENSE[0], METHOD_STAGES, k, stride);
    const V d2 = combined(METHOD_DENSE[1], METHOD_STAGES, k, stride);
    const V d3 = combined(METHOD_DENSE[2], METHOD_STAGES, k, stride);
    c[0] = y;
    c[1] = (new - y) + d1;
    c[2] = d2 - d1;
    c[3] = d3 - d2;
    c[4] = -d3;
}

/* Write counts and IgG, from their polynomials, on the days that lane `i` has passed. */
NOINLINE void show_watched(const Task *task, Lanes *lanes, const Step *step, double reached, int i)
{
    const double start = AT(step->start, i), over = AT(step->over, i), *const days = task->days;
    int64_t k = lanes->shown[i];
    for (int64_t o = 0; o < task->outputs; o++) {
        const V *const c = task->wanted[o] == PLACE_count ? step->count : step->igg;
        const double c0 = AT(c[0], i), c1 = AT(c[1], i), c2 = AT(c[2], i), c3 = AT(c[3], i), c4 = AT(c[4], i);
        double *const to = task->values + (o * task->patients + lanes->patient[i]) * task->times;
        for (k = lanes->shown[i]; k < task->times && days[k] <= reached; k++) {
            const double s = (days[k] - start) * over;
            to[k] = c0 + s * (c1 + s * (c2 + s * (c3 + s * c4)));
        }
    }
    lanes->shown[i] = k;
    next_day(task, lanes, i);
}

/* Write the outputs of the days that `step` has passed, from the polynomials of all states. */
NOINLINE void show_all(const Task *task, Lanes *lanes, const Step *step, V reached, const V *new, V (*k)[N_states])
{
    V c[5][N_states], y[N_states], row[N_outputs + N_states];
    /* By power, so that the states lie side by side: one lane still fills a vector. */
    for (int s = 0; s < N_states; s++) {
        V one[5];
        dense(lanes->y[s], new[s], &k[0][s], N_states, one);
        for (int j = 0; j < 5; j++)
            c[j][s] = one[j];
    }
    for (M due; any(due = step->in & TRUTH(lanes->day <= reached));) {
        const V s = (lanes->day - step->start) * step->over;
        for (int j = 0; j < N_states; j++)
            y[j] = row[N_outputs + j] = c[0][j] + s * (c[1][j] + s * (c[2][j] + s * (c[3][j] + s * c[4][j])));
        observe(y, lanes->c, row);
        row[PLACE_count] = value(step->count, s);
        row[PLACE_igg] = value(step->igg, s);
        EACH(i) if (BITS_AT(due, i))
        {
            double *const to = task->values + lanes->patient[i] * task->times + lanes->shown[i];
            for (int64_t o = 0; o < task->outputs; o++)
                to[o * task->patients * task->times] = AT(row[task->wanted[o]], i);
            lanes->shown[i]++;
            next_day(task, lanes, i);
        }
    }
}

NOINLINE void show(const Task *task, Lanes *lanes, const Step *step, V reached, const V *new, V (*k)[N_states])
{
    const M due = step->in & TRUTH(lanes->day <= reached);
    int others = 0;
    for (int64_t o = 0; o < task->outputs; o++)
        others |= task->wanted[o] != PLACE_count && task->wanted[o] != PLACE_igg;
    if (others && any(due))
        show_all(task, lanes, step, reached, new, k);
    else
        EACH(i) if (BITS_AT(due, i)) show_watched(task, lanes, step, AT(reached, i), i);
}

NOINLINE void accept(const Task *task, Lanes *lanes, M ok, V h, V reached, const V *new, V (*k)[N_states])
{
    Step step = {.in = ok, .start = lanes->t, .length = h, .over = K(1.0) / h};
    V w[N_watched], w_new[N_watched], w_k[METHOD_STAGES][N_watched];
    watch(lanes->y, lanes->c, w);
    watch(new, lanes->c, w_new);
    for (int j = 0; j < METHOD_STAGES; j++)
        watch(k[j], lanes->c, w_k[j]);
    dense(w[0], w_new[0], &w_k[0][0], N_watched, step.count);
    dense(w[1], w_new[1], &w_k[0][1], N_watched, step.igg);
    step.count_end = w_new[0];
    step.igg_end = w_new[1];
    show(task, lanes, &step, reached, new, k);
    advance(&lanes->track, &step);
    const V given = lanes->given + lanes->rate * (reached - lanes->began);
    lanes->gap = either(ok, larger(lanes->gap, size(given - w_new[2])), lanes->gap);
    if (any(~ok))
        for (int s = 0; s < N_states; s++)
            lanes->y[s] = either(ok, new[s], lanes->y[s]);
    else
        for (int s = 0; s < N_states; s++)
            lanes->y[s] = new[s];
}

/* Try one step in every lane. */
NOINLINE void try_step(const Task *task, Lanes *lanes)
{
    V k[METHOD_STAGES][N_states], new[N_states];
    const V left = lanes->end - lanes->t;
    const M last = lanes->busy & TRUTH(lanes->h >= left);
    const V half = K(0.5) * left;
    const V h = either(last, left, either(TRUTH(lanes->h > half), half, lanes->h));
    stages(lanes->y, lanes->c, &lanes->rate, h, k, new);
    const V error = squared_error(k[METHOD_STAGES - 1], lanes->y, new, task->rtol);
    const M ok = lanes->busy & TRUTH(error <= K(1.0));
    const V reached = either(last, lanes->end, lanes->t + h);
    lanes->steps -= lanes->busy;

    if (any(ok))
        accept(task, lanes, ok, h, reached, new, k);
    const V judged = either(TRUTH(error < K(METHOD_NONE)), K(METHOD_NONE), error);
    V grown = K(METHOD_SAFETY) * power(judged, K(METHOD_EXPONENT));
    grown = either(TRUTH(grown > K(METHOD_SHRINK)), grown, K(METHOD_SHRINK));
    lanes->h = h * either(TRUTH(grown < K(METHOD_GROW)), grown, K(METHOD_GROW));
    lanes->t = either(ok, reached, lanes->t);

    const M stuck = lanes->busy & ~ok & TRUTH(lanes->t + lanes->h <= lanes->t);
    if (any(stuck))
        fail(task, lanes, stuck, 1);
    const M endless = lanes->busy & TRUTH(lanes->steps >= lanes->limit);
    if (any(endless))
        fail(task, lanes, endless, 2);
    const M passed = ok & last & lanes->busy;
    if (any(passed))
        EACH(i) if (BITS_AT(passed, i)) next_piece(task, lanes, i, 1);
}

/* Solve patients `from` to `to` - 1: a lane that is done takes the next who waits. */
void CAT(itp_run_, LANES)(const Task *task, int64_t from, int64_t to)
{
    const int64_t n = task->levels + 1;
    V marks[n], first[n], last[n], total[n], since[n];
    M over[n];
    Lanes lanes;
    Ready ready;
    __builtin_memset(&lanes, 0, sizeof lanes);
    for (int64_t k = 0; k < n; k++)
        marks[k] = first[k] = last[k] = total[k] = since[k] = K(0.0), over[k] = (M){0};
    lanes.track = (Track){.marks = marks, .first = first, .last = last, .total = total, .since = since, .over = over,
                          .levels = task->levels};
    for (int s = 0; s < N_states; s++)
        lanes.y[s] = K(1.0);
    for (int s = 0; s < N_constants; s++)
        lanes.c[s] = K(1.0);
    lanes.end = lanes.h = K(METHOD_FIRST_STEP);
    lanes.day = K(__builtin_inf());
    int64_t waiting = from, made = from;
    for (;;) {
        EACH(i) while (!BITS_AT(lanes.busy, i) && waiting < to)
        {
            if (waiting == made) {
                make_ready(task, made, to, &ready);
                made += LANES;
            }
            load(task, &lanes, i, &ready, (int)((waiting - from) % LANES), waiting);
            waiting++;
        }
        if (!any(lanes.busy))
            return;
        try_step(task, &lanes);
    }
}
#endif
