namespace Handoff.Tracing.Redaction;

/// <summary>Exchanges the numbers of some bits for one another, each for exactly one; 0 stays. Needs no memory, however many there are.</summary>
/// <param name="key">Decides the order.</param>
/// <param name="purpose">Permutations of different purposes differ.</param>
/// <param name="bits">How many bits, even, at most 64.</param>
internal sealed class KeyedPermutation(RedactionKey key, ulong purpose, int bits)
{
    private readonly int _half = bits / 2;
    private readonly ulong _mask = bits == 64 ? uint.MaxValue : (1UL << (bits / 2)) - 1;

    /// <summary>The other number of a number.</summary>
    internal ulong this[ulong value]
    {
        get
        {
            if (value == 0)
                return 0;
            // 0 stays, so the number that would become 0 takes the place of what 0 would have become.
            ulong other = Once(value);
            return other == 0 ? Once(0) : other;
        }
    }

    // A Feistel network: whatever the round function is, it is one to one.
    private ulong Once(ulong value)
    {
        ulong left = value >> _half, right = value & _mask;
        for (ulong round = 0; round < 4; round++)
            (left, right) = (right, left ^ (key.Hash(purpose, round, right) & _mask));
        return (left << _half) | right;
    }
}
