namespace Handoff.Conformance.Streams;

/// <summary>A mapping of a request stream that has not been unmapped.</summary>
internal readonly record struct LiveMapping(Device? Device, PhysicalAddress Slot, ulong Size);
