namespace Handoff.Ownership;

/// <summary>What an observer knows of a device. What it does not know it does not complain about.</summary>
/// <param name="Name">Name as in traces.</param>
/// <param name="Coherent">Whether it snoops the caches; <see langword="null"/> if not known.</param>
/// <param name="MaxSegmentSize">Longest segment in bytes; <see langword="null"/> if not known.</param>
/// <param name="SegmentBoundaryMask">Boundary that a segment must not cross, minus one; <see langword="null"/> if not known.</param>
/// <param name="MaxMappingSize">Largest single mapping in bytes; <see langword="null"/> if not known or unlimited.</param>
/// <param name="SyncsVisible">Whether every sync of the device is seen (recordings show none while a coherent device skips them).</param>
/// <param name="Driver">Name of its driver or bus, for messages; <see langword="null"/> if not known.</param>
public sealed record DeviceFacts(
    string Name,
    bool? Coherent = null,
    uint? MaxSegmentSize = null,
    ulong? SegmentBoundaryMask = null,
    ulong? MaxMappingSize = null,
    bool SyncsVisible = true,
    string? Driver = null)
{
    /// <summary>Whether any limit of mappings is known.</summary>
    internal bool HasLimits => MaxSegmentSize is not null || SegmentBoundaryMask is not null || MaxMappingSize is not null;
}
