using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <summary>Something that happens to a range of physical memory, before it is cut into cells.</summary>
/// <param name="Kind">What happens.</param>
/// <param name="Start">First byte.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Other">Copy: where it comes from. Release, read and write: the original's first byte (the same as Start if nothing bounced).</param>
/// <param name="Path">Of reads and writes.</param>
/// <param name="Label">Of writes: name of the version.</param>
internal readonly record struct MemoryEffect(
    EffectKind Kind, ulong Start, ulong Size, ulong Other = 0, AccessPath Path = AccessPath.Cached, string Label = "")
{
    public ulong End => Start + Size;

    /// <summary>Whether <see cref="Other"/> names memory that shares content with the range.</summary>
    public bool HasOther => Kind is EffectKind.Copy or EffectKind.Release or EffectKind.Read or EffectKind.Write;
}
