using Handoff.Kernels;
using Handoff.Litmus.Language;
using Handoff.Swiotlb;

namespace Handoff.Litmus.Lowering;

/// <summary>The hardware of one variant: machine, devices, and where buffers lie.</summary>
internal sealed class MachineSetup
{
    private const ulong FourGiB = 1UL << 32;

    private readonly MachineVariant _variant;
    private readonly KernelSwitches _kernel;
    private uint _kmallocMinAlign = 8;
    private ulong _floor; // lowest memory that is left, for places with a low bound
    private ulong _low;
    private ulong _high;

    public MachineSetup(LitmusTest test, MachineVariant variant, KernelSwitches kernel)
    {
        _variant = variant;
        _kernel = kernel;
        MachineDeclaration? pinned = test.Machine;
        Architecture architecture = pinned?.Architecture?.Value ?? Architecture.Arm64;
        bool isGuest = pinned?.Encryption?.Value == MemoryEncryption.Guest; // whether it is forced is the kernel's decision
        Machine = new Machine
        {
            Architecture = architecture,
            Ram = RamMap.Usual(architecture, pinned?.Ram?.Value ?? RamFor(test.Buffers)),
            PageSize = pinned?.Page?.Value ?? 4096,
            CacheLineSize = variant.Line,
            MaintenanceLineSize = variant.Line,
            Cpus = pinned?.Cpus?.Value ?? 1,
            Encryption = pinned?.Encryption?.Value ?? MemoryEncryption.None,
            SwiotlbParameter = pinned?.Swiotlb?.Value ?? (variant.ForceBounce && !isGuest && !test.Devices.Any(d => d.ForceBounce is not null) ? "force" : ""),
        };
        _floor = Machine.Ram.Start.Value + (1UL << 20); // the kernel itself
        _low = (Machine.Ram.Start.Value | 0xfff_ffff) + 1;
        _high = Math.Max(FourGiB, _low) + (64UL << 20);
        foreach (DeviceDeclaration declaration in test.Devices)
            Devices.Add(declaration.Name.Text, MakeDevice(declaration));
    }

    public Machine Machine { get; }

    public Dictionary<string, Device> Devices { get; } = [];

    /// <summary>Buffers and neighbours by name.</summary>
    public Dictionary<string, MemoryObject> Objects { get; } = [];

    /// <summary>Gives every buffer its place.</summary>
    /// <param name="buffers">In the order of their declarations.</param>
    /// <param name="kmallocMinAlign">Smallest alignment of a slab object, which the kernel decides at boot.</param>
    public void PlaceBuffers(IEnumerable<BufferDeclaration> buffers, uint kmallocMinAlign)
    {
        _kmallocMinAlign = kmallocMinAlign;
        foreach (BufferDeclaration buffer in buffers)
            Place(buffer);
    }

    /// <summary>Takes fresh low memory for an allocation.</summary>
    public ulong TakeLow(ulong size, ulong alignment)
    {
        ulong start = Rounding.Up(_low, alignment);
        _low = start + Rounding.Up(size, Machine.PageSize) + Machine.PageSize;
        return start;
    }

    /// <summary>8 GiB, or more if a place or a size needs it.</summary>
    private static ulong RamFor(IEnumerable<BufferDeclaration> buffers)
    {
        ulong highest = 8UL << 30, sizes = 0;
        foreach (BufferDeclaration buffer in buffers.Where(b => b.Kind != BufferKind.Mmio))
        {
            sizes += (2 * buffer.Size.Value) + (buffer.Offset?.Value ?? 0);
            highest = Math.Max(highest, buffer.Placement?.Address?.Value ?? 0);
        }

        return sizes < 1UL << 30 && highest == 8UL << 30 ? highest : Rounding.Up(highest + sizes, 1UL << 30);
    }

    private Device MakeDevice(DeviceDeclaration d)
    {
        var device = new Device(d.Name.Text)
        {
            DmaMask = d.DmaMask?.Value ?? uint.MaxValue,
            CoherentDmaMask = d.CoherentMask?.Value ?? d.DmaMask?.Value ?? uint.MaxValue,
            BusDmaLimit = d.BusLimit?.Value ?? 0,
            DmaRanges = d.Ranges.IsDefaultOrEmpty ? [] : [.. d.Ranges.Select(r => r.Value)],
            Coherent = d.Coherent?.Value ?? _variant.Coherent,
            MinAlignMask = d.MinAlignMask?.Value ?? 0,
            MaxSegmentSize = d.MaxSegment?.Value ?? 65536,
            SegmentBoundaryMask = d.Boundary?.Value ?? uint.MaxValue,
        };
        bool forced = d.ForceBounce?.Value ?? (_variant.ForceBounce && Machine.SwiotlbParameter != "force"
            && Machine.Encryption != MemoryEncryption.Guest && d.RestrictedPool is null);
        if (d.RestrictedPool is { } restricted || forced)
        {
            ulong size = d.RestrictedPool?.Value ?? 4UL << 20;
            var pool = new SwiotlbPool(new PhysicalAddress(TakeLow(size, 2UL << 20)), (int)(size / SwiotlbConstants.SlotSize), 1);
            device.RestrictedPool = new SwiotlbAllocator(
                d.Name.Text, pool, forceBounce: true, forAlloc: d.RestrictedPool is not null, dynamic: _kernel.DynamicPools)
            {
                // Searches of such kernels visit as many areas as the common pool was to have: none if it is not made.
                DefaultAreas = Machine.SwiotlbParameter == "noforce" ? 0 : 1,
            };
        }

        return device;
    }

    private void Place(BufferDeclaration buffer)
    {
        ulong size = buffer.Size.Value;
        ulong page = Machine.PageSize;
        ulong alignment = buffer.Kind switch
        {
            BufferKind.Kmalloc => SlabSize(size),
            BufferKind.Heap when size >= 1UL << 20 => 1UL << 20,
            BufferKind.Pages => Math.Max(page, System.Numerics.BitOperations.RoundUpToPowerOf2(size)),
            _ => page,
        };
        ulong start = Find(buffer, size, Math.Max(alignment, 1)) + (buffer.Offset?.Value ?? 0);
        var runs = new List<(ulong, ulong)>();
        if (buffer.IsDmaBuf)
            size = Rounding.Up(size, page);
        ulong at = start, left = size;
        while (left > 0)
        {
            ulong piece = Math.Min(left, EntrySize(buffer, left));
            runs.Add((at, piece));
            at += piece;
            left -= piece;
        }

        Objects.Add(buffer.Name.Text, new MemoryObject(buffer.Name.Text, runs) { Zeroed = buffer.IsDmaBuf, Declaration = buffer });
        foreach (Neighbour neighbour in buffer.Neighbours)
        {
            ulong bytes = neighbour.Size.Value;
            Objects.Add(neighbour.Name.Text, new MemoryObject(neighbour.Name.Text, [(neighbour.Before ? start - bytes : start + size, bytes)]));
        }
    }

    private ulong EntrySize(BufferDeclaration buffer, ulong left)
    {
        if (buffer.Kind == BufferKind.Udmabuf)
            return Machine.PageSize;
        if (buffer.Kind != BufferKind.Heap || buffer.Heap?.Value == HeapKind.Cma)
            return left;
        if (buffer.EntrySize is { } entry)
            return entry.Value;
        ulong page = Machine.PageSize;
        return left >= page << 8 ? page << 8 : left >= page << 4 ? page << 4 : page;
    }

    private ulong SlabSize(ulong size) => KmallocSizes.RoundUp(size, _kmallocMinAlign, Machine.PageSize);

    private ulong Find(BufferDeclaration buffer, ulong size, ulong alignment)
    {
        ulong spare = size + (buffer.Offset?.Value ?? 0) + (2 * (ulong)Machine.PageSize);
        switch (buffer.Placement?.Kind)
        {
            case PlacementKind.At:
                return buffer.Placement.Address!.Value;
            case PlacementKind.Beside:
                MemoryObject other = Objects[buffer.Placement.Other!.Text];
                return other.Start + SlabSize(other.Size);
            case PlacementKind.Above:
                return TakeHigh(Math.Max(buffer.Placement.Address!.Value, Machine.Ram.Start.Value), spare, alignment);
            case PlacementKind.InZone when buffer.Placement.Zone!.Value == MemoryZone.Normal:
                return TakeHigh(FourGiB, spare, alignment);
            case PlacementKind.Below:
                return TakeBelow(spare, Math.Max(alignment, Machine.PageSize), buffer.Placement.Address!.Value);
            case PlacementKind.InZone:
                return TakeBelow(spare, Math.Max(alignment, Machine.PageSize), Machine.Zones.EndOf(buffer.Placement.Zone!.Value).Value);
            default:
                bool low = !_variant.NeedsBounce || buffer.Heap?.Value is HeapKind.SystemDma32 or HeapKind.SystemUncachedDma32 or HeapKind.Cma;
                return low ? TakeLow(spare, Math.Max(alignment, Machine.PageSize)) : TakeHigh(FourGiB, spare, alignment);
        }
    }

    private ulong TakeBelow(ulong size, ulong alignment, ulong bound)
    {
        if (Rounding.Up(_low, alignment) + size <= bound)
            return TakeLow(size, alignment);
        ulong start = Rounding.Up(_floor, alignment);
        _floor = start + Rounding.Up(size, Machine.PageSize);
        return start;
    }

    private ulong TakeHigh(ulong above, ulong size, ulong alignment)
    {
        ulong start = Rounding.Up(Math.Max(above, _high), Math.Max(alignment, Machine.PageSize)) + Machine.PageSize;
        start = Rounding.Up(start, Math.Max(alignment, Machine.PageSize));
        _high = start + Rounding.Up(size, Machine.PageSize);
        return start;
    }
}
