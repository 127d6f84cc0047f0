namespace Handoff.Coherent;

/// <summary>Coherent memory that belongs to one device.</summary>
public sealed class DeviceCoherentPool;
