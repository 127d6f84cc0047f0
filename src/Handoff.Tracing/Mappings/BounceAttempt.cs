namespace Handoff.Tracing.Mappings;

/// <summary>A <c>swiotlb_bounced</c> event that waits for, or was matched with, the map it belongs to.</summary>
internal struct BounceAttempt
{
    public ulong Address; // of the original as the event gives it: translated, or physical behind an IOMMU; all ones outside every window
    public ulong Size;
    public ulong Mask;
    public ulong Time;
    public int Device;
    public int Cpu;
    public int Pid;
    public int Task;
    public int Maps; // map events of the same thread before this attempt
    public bool Forced;
    public long Used; // slots in use of the device's pool at that moment
}
