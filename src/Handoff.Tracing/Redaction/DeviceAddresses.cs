using System.Collections.Immutable;

namespace Handoff.Tracing.Redaction;

/// <summary>How one device's addresses follow from physical ones, so that both move together.</summary>
internal sealed class DeviceAddresses
{
    private readonly Dictionary<ulong, int> _differences = []; // of maps that did not bounce: physical − device
    private int _same;

    internal DeviceAddresses(ImmutableArray<DmaRange> windows, bool isTranslated)
    {
        Windows = windows;
        IsTranslated = isTranslated;
    }

    /// <summary>Windows to memory from the machine's facts; empty for none.</summary>
    internal ImmutableArray<DmaRange> Windows { get; }

    /// <summary>Whether an IOMMU makes its addresses up.</summary>
    internal bool IsTranslated { get; }

    /// <summary>What is to be added to a device address to get the physical one, as far as the recording shows; 0 usually.</summary>
    internal ulong Offset { get; private set; }

    /// <summary>Takes note of a map that did not bounce.</summary>
    internal void Learn(ulong physical, ulong device)
    {
        if (!Windows.IsEmpty || IsTranslated || device == ulong.MaxValue)
            return;
        if (physical == device)
            _same++;
        else if (_differences.Count < 64)
            _differences[physical - device] = _differences.GetValueOrDefault(physical - device) + 1;
    }

    /// <summary>To be called when everything is learnt.</summary>
    internal void Settle()
    {
        if (_same > 0 || _differences.Count != 1)
            return;
        var (offset, count) = _differences.First();
        if (count >= 3)
            Offset = offset;
    }

    /// <summary>The physical address behind a device address, if there is one.</summary>
    internal bool TryPhysical(ulong device, out ulong physical)
    {
        foreach (DmaRange window in Windows)
        {
            if (device - window.DmaStart.Value < window.Size)
            {
                physical = device - window.DmaStart.Value + window.CpuStart.Value;
                return true;
            }
        }

        physical = device + Offset;
        return Windows.IsEmpty;
    }

    /// <summary>The device address of a physical one.</summary>
    internal ulong DeviceOf(ulong physical)
    {
        foreach (DmaRange window in Windows)
        {
            if (physical - window.CpuStart.Value < window.Size)
                return physical - window.CpuStart.Value + window.DmaStart.Value;
        }

        return physical - Offset;
    }
}
