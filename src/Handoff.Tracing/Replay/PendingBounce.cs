namespace Handoff.Tracing.Replay;

/// <summary>A bounce that was attempted and whose map has not been logged yet.</summary>
/// <param name="Device">The device.</param>
/// <param name="Pid">The thread.</param>
/// <param name="Address">The buffer as <c>swiotlb_bounced</c> gives it.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Mask">The device's mask.</param>
/// <param name="Forced">Whether bouncing was forced.</param>
/// <param name="Time">When.</param>
internal readonly record struct PendingBounce(int Device, int Pid, ulong Address, ulong Size, ulong Mask, bool Forced, ulong Time)
{
    /// <summary>Whether this is the bounce of a buffer.</summary>
    /// <param name="physical">The buffer's physical address.</param>
    /// <param name="dma">Its DMA address, all ones where no window covers it.</param>
    /// <param name="size">Its length.</param>
    public bool IsOf(ulong physical, ulong dma, ulong size) => Size == size && (Address == dma || Address == physical);
}
