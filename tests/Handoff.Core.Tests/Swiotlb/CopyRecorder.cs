namespace Handoff.Core.Tests.Swiotlb;

/// <summary>A memory that only remembers the last copy.</summary>
internal struct CopyRecorder : IMemory
{
    public PhysicalAddress From { get; private set; }

    public PhysicalAddress To { get; private set; }

    public ulong Size { get; private set; }

    public void Copy(PhysicalAddress from, PhysicalAddress to, ulong size) => (From, To, Size) = (from, to, size);

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
