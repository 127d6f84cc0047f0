namespace Handoff.Litmus.Lowering;

/// <summary>What happens to a range of physical memory.</summary>
internal enum EffectKind
{
    Read,
    Write,
    Copy,
    Zero,
    Clean,
    Invalidate,
    CleanInvalidate,
    Drop,
    Release,
}
