using Handoff.Ownership;
using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Mappings;

/// <summary>Says which condition made the kernel bounce: from the bounce event, from facts about the machine, and from the device's other maps.</summary>
internal sealed class BounceAttribution
{
    /// <summary>Shorter buffers may share a cache line when kmalloc gives them out: twice the largest alignment for DMA.</summary>
    private const ulong ShortLimit = 256;

    private readonly MachineFacts? _facts;
    private readonly BouncePredicate _forced;
    private readonly Dictionary<DeviceStatistics, DeviceLimits> _limits = [];
    private DeviceStatistics? _lastDevice;
    private DeviceLimits _last;

    private readonly record struct DeviceLimits(bool Restricted, bool Coherent, ulong BusLimit);

    public BounceAttribution(MachineFacts? facts)
    {
        _facts = facts is { Files.IsEmpty: false } ? facts : null;
        _forced = _facts is { IsEncryptedGuest: true } ? BouncePredicate.EncryptedGuest : BouncePredicate.Forced;
    }

    /// <summary>Whether facts say that an IOMMU translates for the device.</summary>
    public bool IsKnownTranslated(string device) => _facts?.TranslatedDevices.Contains(device) ?? false;

    /// <summary>Learns from a map that did not bounce: through an IOMMU, addresses differ from the buffers' by no fixed amount.</summary>
    public void LearnDirect(DeviceStatistics device, in MappedBuffer buffer)
    {
        if (_facts is not null || buffer.Kind is not (MappingKind.Single or MappingKind.Sg) || device.IsTranslated)
            return;
        ulong window = unchecked(buffer.Address.Value - buffer.Original);
        if (!device.KnowsWindow)
            (device.Window, device.KnowsWindow) = (window, true);
        else if (device.Window != window && device.Window != 0)
            device.IsTranslated = true;
    }

    public BouncePredicate PredicateOf(DeviceStatistics device, in MappedBuffer buffer)
    {
        DeviceLimits limits = LimitsOf(device);
        if (buffer.Forced)
            return limits.Restricted ? BouncePredicate.RestrictedPool : _forced;
        bool mayBeShort = buffer.Size < ShortLimit && buffer.Direction != DmaDirection.ToDevice && buffer.HasDirection && !limits.Coherent;
        if (device.IsTranslated)
            return mayBeShort ? BouncePredicate.ShortBuffer : BouncePredicate.Untrusted;
        if (buffer.BouncedAddress == ulong.MaxValue)
            return BouncePredicate.OutsideWindows;
        ulong last = unchecked(buffer.BouncedAddress + buffer.Size - 1);
        if (buffer.Mask != 0 && last > buffer.Mask)
            return BouncePredicate.DeviceMask;
        if (limits.BusLimit != 0 && last > limits.BusLimit)
            return BouncePredicate.BusLimit;
        return mayBeShort ? BouncePredicate.ShortBuffer : BouncePredicate.BusLimit;
    }

    private DeviceLimits LimitsOf(DeviceStatistics device)
    {
        if (_lastDevice == device)
            return _last;
        if (!_limits.TryGetValue(device, out DeviceLimits limits))
        {
            limits = default;
            if (_facts is not null)
            {
                ulong end = 0;
                foreach (DmaRange window in _facts.RangesOf(device.Name))
                    end = Math.Max(end, window.DmaStart.Value + window.Size - 1);
                limits = new DeviceLimits(_facts.RestrictedPoolOf(device.Name) is not null, _facts.IsCoherent(device.Name), end);
            }

            _limits.Add(device, limits);
        }

        (_lastDevice, _last) = (device, limits);
        return limits;
    }
}
