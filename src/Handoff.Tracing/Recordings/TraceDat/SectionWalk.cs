using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>
/// Finds the sections of a version-7 file one behind the other, as recorders write them, without the options that name them: those come last, so that
/// a recording that was cut short lacks them.
/// </summary>
internal sealed class SectionWalk(ByteSource source, bool bigEndian)
{
    private const int MaximumSections = 4096;

    /// <summary>The sections from <paramref name="start"/> on, up to the first bytes that cannot be one.</summary>
    internal IEnumerable<WalkedSection> From(long start)
    {
        var at = start;
        for (var i = 0; i < MaximumSections; i++)
        {
            if (!SectionHeader.TryRead(source, at, bigEndian, out var header) || !IsPlausible(header))
                yield break;
            var section = header.Id == SectionHeader.Buffer ? Buffer(header) : Other(header);
            yield return section;
            at = section.End; // behind the header at least, so that the walk ends
        }
    }

    private WalkedSection Other(in SectionHeader header)
    {
        var available = source.Available(header.Body, header.Size);
        return new WalkedSection(header, header.Body + available, (ulong)available == header.Size);
    }

    /// <summary>
    /// A buffer's size is written when it is finished. One that is zero, too large, or leads to nonsense says nothing: then the file's end is the end.
    /// </summary>
    private WalkedSection Buffer(in SectionHeader header)
    {
        var other = Other(header);
        if (!other.IsWhole || (other.End + SectionHeader.Length <= source.Length && !(SectionHeader.TryRead(source, other.End, bigEndian, out var next) && IsPlausible(next))))
            return new WalkedSection(header, Math.Max(header.Body, source.Length), false);
        return header.Size == 0 && other.End + SectionHeader.Length > source.Length ? other with { IsWhole = false } : other;
    }

    private bool IsPlausible(in SectionHeader header)
    {
        if (header.Flags > 1)
            return false;
        if (header.Id == SectionHeader.Buffer)
            return true;
        // Only a known section may be the one in which the file was cut.
        return header.Size is > 0 and <= SectionHeader.MaximumSize && (header.IsKnown || (ulong)source.Available(header.Body, header.Size) == header.Size);
    }
}
