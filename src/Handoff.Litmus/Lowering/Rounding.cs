namespace Handoff.Litmus.Lowering;

/// <summary>Rounding of addresses and sizes.</summary>
internal static class Rounding
{
    /// <summary>The next multiple of <paramref name="alignment"/>, a power of two.</summary>
    public static ulong Up(ulong value, ulong alignment) => (value + alignment - 1) & ~(alignment - 1);
}
