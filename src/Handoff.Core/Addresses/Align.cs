namespace Handoff;

/// <summary>The kernel's rounding and mask arithmetic on 64-bit values.</summary>
internal static class Align
{
    /// <summary>Rounds up to a multiple of <paramref name="alignment"/>, a power of two. Wraps at 2^64.</summary>
    public static ulong Up(ulong value, ulong alignment) => unchecked((value + alignment - 1) & ~(alignment - 1));

    /// <summary>Rounds down to a multiple of <paramref name="alignment"/>, a power of two.</summary>
    public static ulong Down(ulong value, ulong alignment) => value & ~(alignment - 1);

    /// <summary>The smaller of two limits where 0 means "no limit". Kernel: <c>min_not_zero()</c>.</summary>
    public static ulong MinNotZero(ulong a, ulong b) => a == 0 ? b : b == 0 ? a : Math.Min(a, b);

    /// <summary>Whether the value is all ones from bit 0 up (0 counts): such a mask describes an alignment.</summary>
    public static bool IsLowMask(ulong mask) => (mask & unchecked(mask + 1)) == 0;
}
