using Handoff.Pages;

namespace Handoff.Coherent;

/// <summary>Coherent memory that belongs to one device: while a device owns such a pool it is its only source. Thread-safe.</summary>
/// <remarks>Kernel: <c>kernel/dma/coherent.c</c>; made by <c>dma_declare_coherent_memory()</c>.</remarks>
public sealed class DeviceCoherentPool
{
    private readonly Lock _lock = new();
    private readonly FreeRanges _free = new();
    private readonly ulong _pageSize;

    /// <summary>Makes a pool.</summary>
    /// <param name="start">First physical byte, page-aligned.</param>
    /// <param name="deviceStart">Where the device sees that byte.</param>
    /// <param name="size">Bytes, whole pages.</param>
    /// <param name="pageSize">Page size in bytes.</param>
    /// <exception cref="ArgumentException">The size is 0 or not whole pages (the kernel: <c>-EINVAL</c>), or it reaches past the end of an address space.</exception>
    public DeviceCoherentPool(PhysicalAddress start, DmaAddress deviceStart, ulong size, uint pageSize = 4096)
    {
        if (size == 0 || pageSize == 0 || size % pageSize != 0 || start.Value % pageSize != 0)
            throw new ArgumentException("A coherent pool consists of whole pages.", nameof(size));
        if (size - 1 > ulong.MaxValue - Math.Max(start.Value, deviceStart.Value))
            throw new ArgumentException("The pool reaches past the end of an address space.", nameof(size));
        (Start, DeviceStart, Size, _pageSize) = (start, deviceStart, size, pageSize);
        _free.Give(new(0), size);
    }

    /// <summary>First physical byte.</summary>
    public PhysicalAddress Start { get; }

    /// <summary>Where the device sees the first byte.</summary>
    public DmaAddress DeviceStart { get; }

    /// <summary>Bytes.</summary>
    public ulong Size { get; }

    /// <summary>Takes 2^order pages, aligned to their size within the pool.</summary>
    internal ulong? Take(ulong size)
    {
        ulong block = BlockOf(size);
        lock (_lock)
            return size == 0 || block > Size ? null : _free.Take(block, block)?.Value;
    }

    /// <exception cref="InvalidOperationException">The memory is not of this pool, or free already.</exception>
    internal void Give(PhysicalAddress address, ulong size)
    {
        ulong offset = address - Start;
        if (offset >= Size || BlockOf(size) > Size - offset)
            throw new InvalidOperationException($"Memory at {address} is not of this device's pool.");
        lock (_lock)
            _free.Give(new(offset), BlockOf(size));
    }

    private ulong BlockOf(ulong size)
    {
        ulong block = _pageSize;
        while (block < size && block < 1UL << 62)
            block <<= 1;
        return block;
    }
}
