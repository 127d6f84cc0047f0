namespace Handoff.Tracing.Mappings;

/// <summary>A scatterlist while it is mapped: what its unmap event does not say.</summary>
internal sealed class LiveList
{
    public ulong[] Buffers = []; // physical addresses
    public ulong[] Addresses = []; // DMA addresses
    public uint[] Lengths = []; // of the segments at Addresses
    public int BufferCount;
    public int SegmentCount;
    public int FullEntries; // that the caller gave; more than BufferCount if the kernel cut the list
    public DmaDirection Direction;
    public DmaAttributes Attributes;
    public ulong Time;
    public int Cpu;
    public bool IsCut; // by the kernel
    public bool MayHaveEnded; // a release that was logged before its map may have been its own
    public LiveList? Next; // same device and first buffer; or next spare one

    public ReadOnlySpan<ulong> BufferSpan => Buffers.AsSpan(0, BufferCount);
}
