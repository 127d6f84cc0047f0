namespace Handoff.Conformance.Streams;

/// <summary>Memory that holds nothing and remembers the last copy.</summary>
internal struct NotingMemory : IMemory
{
    /// <summary>Where the last copy came from.</summary>
    public PhysicalAddress CopiedFrom;

    /// <summary>Bytes of the last copy.</summary>
    public ulong Copied;

    public void Copy(PhysicalAddress from, PhysicalAddress to, ulong size)
    {
        CopiedFrom = from;
        Copied = size;
    }

    public readonly void Zero(PhysicalAddress start, ulong size)
    {
    }

    public readonly void Clean(PhysicalAddress start, ulong size)
    {
    }

    public readonly void Invalidate(PhysicalAddress start, ulong size)
    {
    }
}
