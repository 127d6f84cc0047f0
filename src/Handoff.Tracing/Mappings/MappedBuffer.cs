using Handoff.Ownership;

namespace Handoff.Tracing.Mappings;

/// <summary>A map, an allocation, or one segment of a list, with what the recording says about it. Failed ones have the error value as address.</summary>
internal struct MappedBuffer
{
    public int Device;
    public MappingKind Kind;
    public DmaDirection Direction;
    public bool HasDirection;
    public DmaAddress Address;
    public ulong Original; // physical; all ones if not known
    public ulong Size;
    public DmaAttributes Attributes;
    public ulong Time;
    public int Cpu;
    public int Pid;
    public int Task;

    public AllocationWait Wait; // of an allocation

    public int ListEntries; // that the caller gave; 0 if it is no list
    public int ListIndex;

    /// <summary>A bounce was attempted; the fields below say more.</summary>
    public bool Bounced;
    public bool Forced;
    public ulong Mask; // 0 if not known
    public ulong BouncedAddress;
    public long Used; // slots in use at the attempt
    public ulong AttemptTime; // of the bounce, or of the map if there is none

    /// <summary>Time from the first bounce of the call to its end on one processor; -1 if not known. Told on the first bounced segment of a list, 0 on the others.</summary>
    public long Cost;
}
