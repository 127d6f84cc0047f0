using System.Numerics;

namespace Handoff;

/// <summary>Masks of reachable DMA addresses: all ones up to the highest bit a device drives.</summary>
public static class DmaMask
{
    /// <summary>The mask of <paramref name="bits"/> address bits, 0 to 64. Kernel: <c>DMA_BIT_MASK()</c>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="bits"/> is not within 0 and 64.</exception>
    public static ulong Bits(int bits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bits, 64);
        return bits == 64 ? ulong.MaxValue : (1UL << bits) - 1;
    }

    /// <summary>The smallest such mask that covers <paramref name="value"/>.</summary>
    internal static ulong Covering(ulong value) => Bits(64 - BitOperations.LeadingZeroCount(value));
}
