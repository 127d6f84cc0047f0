namespace Handoff.Tracing.Mappings;

/// <summary>One sync of a mapping.</summary>
/// <param name="Time">When, in the recording's units.</param>
/// <param name="ForCpu">For the CPU; otherwise for the device.</param>
/// <param name="Offset">First byte, from the start of the mapping.</param>
/// <param name="Size">Bytes.</param>
public readonly record struct MappingSync(ulong Time, bool ForCpu, ulong Offset, ulong Size);
