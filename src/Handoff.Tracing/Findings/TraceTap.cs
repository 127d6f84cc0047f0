using Handoff.Ownership;
using Handoff.Tracing.Mappings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Findings;

/// <summary>Looks on while a recording is analysed, for those who want every event and every mapping and keep none.</summary>
internal abstract class TraceTap
{
    /// <summary>Figures so far; set before the first event.</summary>
    internal MappingStatistics Statistics { get; set; } = null!;

    /// <summary>An event, before anything is made of it.</summary>
    internal abstract void Read(in DmaEvent e);

    /// <summary>A mapping began; the figures have it already.</summary>
    internal abstract void Mapped(in MappedBuffer buffer);

    /// <summary>A mapping failed.</summary>
    internal abstract void Failed(in MappedBuffer buffer);

    /// <summary>A mapping ended.</summary>
    internal abstract void Ended(in LiveMapping mapping, in MappingEvent release);

    /// <summary>All live mappings are lost from sight.</summary>
    internal abstract void Forgetting(IEnumerable<LiveMapping> live);

    /// <summary>The recording has ended; these are still live.</summary>
    internal abstract void Complete(IEnumerable<LiveMapping> live);
}
