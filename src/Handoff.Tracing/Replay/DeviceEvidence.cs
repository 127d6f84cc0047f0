using System.Numerics;

namespace Handoff.Tracing.Replay;

/// <summary>
/// What the events so far say about a device. Recordings do not show when drivers set masks; but every map shows which masks it can
/// have met. A contradiction becomes an operation of the load that changes the device before that map.
/// </summary>
internal sealed class DeviceEvidence
{
    private const uint ShortLength = 256; // from here on the length alone never makes a mapping bounce

    private readonly LoadDevice _device;
    private readonly Device _model;
    private readonly bool _coherenceKnown;
    private ulong _mask, _busLimit, _highestDirect;
    private uint _minAlign;
    private bool _coherent;

    public DeviceEvidence(LoadDevice device, bool coherenceKnown, bool alwaysCoherent)
    {
        _device = device;
        _model = new Device(device.Name.Length == 0 ? "(no name)" : device.Name) { DmaRanges = device.Ranges };
        (_mask, _busLimit, _minAlign, _coherent) = (device.Mask, device.BusLimit, device.MinAlignMask, device.Coherent);
        _coherenceKnown = coherenceKnown || alwaysCoherent;
    }

    /// <summary>The device of the load.</summary>
    public LoadDevice Device => _device;

    /// <summary>Lifetimes of its mappings.</summary>
    public LifetimeHistogram Lifetimes { get; } = new();

    /// <summary>Whether an IOMMU translates for it.</summary>
    public bool Translated { get; set; }

    /// <summary>Whether a window or an IOMMU would have to be assumed for what it does.</summary>
    public bool HasWindows => !_device.Ranges.IsEmpty;

    /// <summary>DMA address of a physical one; all ones where no window covers it.</summary>
    public ulong ToDma(ulong physical)
    {
        if (_device.Ranges.IsEmpty)
            return physical;
        return Handoff.Direct.DirectRules.ToDmaUnencrypted(_model, new(physical)).Value;
    }

    /// <summary>Physical address of a DMA address; all ones where no window covers it.</summary>
    public ulong ToPhysical(ulong dma)
    {
        foreach (DmaRange range in _device.Ranges)
        {
            if (dma - range.DmaStart.Value < range.Size && dma >= range.DmaStart.Value)
                return range.CpuStart.Value + (dma - range.DmaStart.Value);
        }

        return _device.Ranges.IsEmpty ? dma : ulong.MaxValue;
    }

    /// <summary>A bounce shows the mask, and (unless forced) that there was a reason.</summary>
    public void Bounced(in PendingBounce bounce, ulong physical, DmaDirection direction, Action<LoadOperationKind, ulong> change)
    {
        if (bounce.Mask != _mask)
            change(LoadOperationKind.SetMask, _mask = bounce.Mask);
        if (bounce.Forced || _device.RestrictedPool is not null)
            return;
        ulong dma = ToDma(physical);
        ulong last = unchecked(dma + bounce.Size - 1);
        if (dma == ulong.MaxValue || last > Limit)
            return;
        if (bounce.Size < ShortLength && direction != DmaDirection.ToDevice)
        {
            if (_coherent && !_coherenceKnown)
            {
                _coherent = false;
                change(LoadOperationKind.SetCoherent, 0);
            }

            return;
        }

        // Nothing known explains it: a bus upstream does not carry the address.
        _busLimit = Math.Max(_highestDirect, Covering(last) >> 1);
        if (_busLimit >= last)
            _busLimit = last - 1;
        change(LoadOperationKind.SetBusLimit, _busLimit);
    }

    /// <summary>A direct map shows that mask and bus reach the buffer.</summary>
    public void Direct(ulong dma, ulong size, DmaDirection direction, Action<LoadOperationKind, ulong> change)
    {
        ulong last = unchecked(dma + size - 1);
        _highestDirect = Math.Max(_highestDirect, last);
        if (last > _mask)
            change(LoadOperationKind.SetMask, _mask = _device.Mask >= last ? _device.Mask : Covering(last));
        if (_busLimit != 0 && last > _busLimit)
            change(LoadOperationKind.SetBusLimit, _busLimit = 0);
        if (!_coherent && !_coherenceKnown && direction != DmaDirection.ToDevice && size is > 0 and <= 32)
        {
            _coherent = true;
            change(LoadOperationKind.SetCoherent, 1);
        }
    }

    /// <summary>A map that failed without a bounce before it (no pool) shows that the device did not reach the buffer.</summary>
    public void Unreachable(ulong dma, ulong size, DmaDirection direction, Action<LoadOperationKind, ulong> change)
    {
        ulong last = unchecked(dma + size - 1);
        if (dma == ulong.MaxValue || last > Limit || (size < ShortLength && direction != DmaDirection.ToDevice && !_coherent))
            return;
        change(LoadOperationKind.SetMask, _mask = Covering(last) >> 1);
    }

    /// <summary>Where a slot lies within a page shows which low bits it repeats.</summary>
    public void Slot(ulong physical, ulong slot, Action<LoadOperationKind, ulong> change)
    {
        const ulong inSlot = Swiotlb.SwiotlbConstants.SlotSize - 1;
        if ((physical & inSlot) == 0 || Fits(_minAlign))
            return;
        foreach (uint mask in (ReadOnlySpan<uint>)[0, 0xfff, 0x7ff, 0x1ff, 0x3ff, 0xff, 0x7f, 0x3f])
        {
            if (!Fits(mask))
                continue;
            change(LoadOperationKind.SetMinAlignMask, _minAlign = mask);
            return;
        }

        bool Fits(uint mask) => (slot & inSlot) == (physical & mask & inSlot) && ((slot ^ physical) & mask & ~inSlot & 0xfff) == 0;
    }

    private static ulong Covering(ulong last) => DmaMask.Bits(64 - BitOperations.LeadingZeroCount(last));

    private ulong Limit => Math.Min(_mask == 0 ? ulong.MaxValue : _mask, _busLimit == 0 ? ulong.MaxValue : _busLimit);
}
