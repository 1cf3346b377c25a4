/* The most that one core computes: products and sums on vectors that stay in registers.
   -DLANES=8 -DCHAINS=16, with -ffp-contract=off or fast (one instruction for a product and a sum). */

#if defined(__AVX512F__)
#define REGISTER "+v"
#elif defined(__x86_64__)
#define REGISTER "+x"
#else
#define REGISTER "+w"
#endif

typedef double V __attribute__((vector_size(8 * LANES)));

/* One product and one sum in each lane of each chain, `rounds` times; returns the operations of one round. */
int operations(long rounds, double *kept)
{
    V chain[CHAINS];
    const V factor = (V){0} + 0.999999, term = (V){0} + 1e-6;
#pragma GCC unroll 32
    for (int i = 0; i < CHAINS; i++)
        chain[i] = (V){0} + (double)i;
    for (long round = 0; round < rounds; round++) {
#pragma GCC unroll 32
        for (int i = 0; i < CHAINS; i++)
            chain[i] = chain[i] * factor + term;
        /* Keeps the compiler from folding the rounds into one. */
#pragma GCC unroll 32
        for (int i = 0; i < CHAINS; i++)
            __asm__ volatile("" : REGISTER(chain[i]));
    }
    V sum = chain[0];
#pragma GCC unroll 32
    for (int i = 1; i < CHAINS; i++)
        sum += chain[i];
    for (int i = 0; i < LANES; i++)
        kept[i] = ((double *)&sum)[i];
    return 2 * CHAINS * LANES;
}
