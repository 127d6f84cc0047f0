namespace Handoff.Ownership;

/// <summary>Who owns the bytes of a mapping.</summary>
internal enum MappingOwner : byte
{
    Device,
    Cpu,

    /// <summary>Some bytes are the CPU's: those in the tracker's range set.</summary>
    Mixed,
}
