using Handoff.Ownership;
using Handoff.Tracing.Bundles;

namespace Handoff.Tracing.Mappings;

/// <summary>Says which condition made the kernel bounce: from the bounce event, from facts about the machine, and from the device's other maps.</summary>
internal sealed class BounceAttribution
{
    /// <summary>Shorter buffers may share a cache line when kmalloc gives them out: the largest alignment for DMA.</summary>
    private const ulong ShortLimit = 256;

    private const ulong PageMask = 0xfff;

    private readonly MachineFacts? _facts;
    private readonly BouncePredicate _forced;
    private readonly Dictionary<DeviceStatistics, DeviceLimits> _limits = [];
    private DeviceStatistics? _lastDevice;
    private DeviceLimits _last;

    private readonly record struct DeviceLimits(bool Restricted, bool Coherent, bool KnowsCoherence, ulong BusLimit);

    public BounceAttribution(MachineFacts? facts)
    {
        _facts = facts is { Files.IsEmpty: false } ? facts : null;
        _forced = _facts is { IsEncryptedGuest: true } ? BouncePredicate.EncryptedGuest : BouncePredicate.Forced;
    }

    /// <summary>Whether facts say that an IOMMU translates for the device.</summary>
    public bool IsKnownTranslated(string device) => _facts?.TranslatedDevices.Contains(device) ?? false;

    /// <summary>Whether facts say that the device does not snoop the caches.</summary>
    public bool IsKnownNonCoherent(DeviceStatistics device) => LimitsOf(device) is { KnowsCoherence: true, Coherent: false };

    /// <summary>
    /// Learns from a map that did not bounce: how far the device reaches; and through an IOMMU, addresses differ from the buffers' by no fixed amount.
    /// </summary>
    public void LearnDirect(DeviceStatistics device, in MappedBuffer buffer)
    {
        if (buffer.Kind is not (MappingKind.Single or MappingKind.Sg))
            return;
        device.HighestDirect = Math.Max(device.HighestDirect, unchecked(buffer.Address.Value + Math.Max(buffer.Size, 1) - 1));
        if (device.IsTranslated)
            device.SharesPages |= ((buffer.Original | buffer.Size) & PageMask) != 0 && buffer.Size >= ShortLimit;
        if (_facts is not null || device.IsTranslated)
            return;
        ulong window = unchecked(buffer.Address.Value - buffer.Original);
        if (!device.KnowsWindow)
            (device.Window, device.KnowsWindow) = (window, true);
        else if (device.Window != window && device.Window != 0)
            device.IsTranslated = true;
    }

    /// <summary>Why a buffer bounced. What depends on mappings that come later is <see cref="BouncePredicate.Unknown"/> until <see cref="Settle"/>.</summary>
    public BouncePredicate PredicateOf(DeviceStatistics device, in MappedBuffer buffer)
    {
        DeviceLimits limits = LimitsOf(device);
        if (buffer.Forced && !device.IsTranslated) // behind an IOMMU the event says FORCE too, but only untrusted devices and short buffers bounce
            return limits.Restricted ? BouncePredicate.RestrictedPool : _forced;
        bool mayBeShort = buffer.Size < ShortLimit && MayShareLines(buffer.Size) && buffer.Direction != DmaDirection.ToDevice && buffer.HasDirection && !(limits.KnowsCoherence && limits.Coherent);
        if (device.IsTranslated)
        {
            device.IsUntrusted |= !mayBeShort;
            return !mayBeShort ? BouncePredicate.Untrusted : limits.KnowsCoherence && !device.IsUntrusted ? BouncePredicate.ShortBuffer : ShortBehindIommu(device);
        }

        if (buffer.BouncedAddress == ulong.MaxValue)
            return BouncePredicate.OutsideWindows;
        if (buffer.Original != ulong.MaxValue)
            device.BounceWindow = unchecked(buffer.BouncedAddress - buffer.Original);
        ulong last = unchecked(buffer.BouncedAddress + Math.Max(buffer.Size, 1) - 1);
        bool beyondBus = limits.BusLimit != 0 && last > limits.BusLimit;
        if (buffer.Mask != 0 && last > buffer.Mask && !(beyondBus && limits.BusLimit < buffer.Mask))
            return BouncePredicate.DeviceMask;
        if (beyondBus)
            return BouncePredicate.BusLimit;
        if (!mayBeShort)
        {
            device.LowestBeyondBus = Math.Min(device.LowestBeyondBus, last);
            return BouncePredicate.BusLimit;
        }

        if (limits.KnowsCoherence)
            return BouncePredicate.ShortBuffer;
        (device.LowestUndecided, device.HighestUndecided) = (Math.Min(device.LowestUndecided, last), Math.Max(device.HighestUndecided, last));
        return last <= device.HighestDirect ? BouncePredicate.ShortBuffer : last >= device.LowestBeyondBus ? BouncePredicate.BusLimit : BouncePredicate.Unknown;
    }

    /// <summary>At the end: decides what could not be decided when it happened.</summary>
    public void Settle(DeviceStatistics device)
    {
        if (_facts is null && device.KnowsWindow && (device.Bounces(BouncePredicate.Forced) > 0 || (device.BounceWindow is { } window && window != device.Window)))
            device.IsTranslated = true; // where all is forced to bounce, only an IOMMU's devices map anything directly; and only there bounces are told by physical address
        if (device.IsTranslated)
        {
            // Before its addresses were seen to be translated, they seemed to be above its mask, or forced.
            if (_facts is null)
            {
                device.MoveBounces(BouncePredicate.Forced, BouncePredicate.Untrusted);
                device.MoveBounces(BouncePredicate.DeviceMask, BouncePredicate.Untrusted);
                device.MoveBounces(BouncePredicate.BusLimit, BouncePredicate.Untrusted);
                device.IsUntrusted |= device.Bounces(BouncePredicate.Untrusted) > device.Bounces(BouncePredicate.Untrusted, 0);
                if (!device.IsUntrusted)
                    device.MoveBounces(BouncePredicate.Untrusted, BouncePredicate.Unknown);
            }

            device.MoveBounces(BouncePredicate.Unknown, ShortBehindIommu(device));
        }
        else if (device.HighestUndecided <= device.HighestDirect)
        {
            device.MoveBounces(BouncePredicate.Unknown, BouncePredicate.ShortBuffer);
        }
        else if (device.LowestUndecided >= device.LowestBeyondBus)
        {
            device.MoveBounces(BouncePredicate.Unknown, BouncePredicate.BusLimit);
        }
    }

    /// <summary>Behind an IOMMU buffers bounce of untrusted devices, if they do not fill their pages, and short ones of non-coherent devices.</summary>
    private static BouncePredicate ShortBehindIommu(DeviceStatistics device) =>
        device.IsUntrusted ? BouncePredicate.Untrusted : device.SharesPages ? BouncePredicate.ShortBuffer : BouncePredicate.Unknown;

    /// <summary>Whether what kmalloc gives out for so many bytes may share a cache line; if lines are not known, they are as long as any.</summary>
    private bool MayShareLines(ulong size)
    {
        ulong bucket = size switch { <= 8 => 8, <= 16 => 16, <= 32 => 32, <= 64 => 64, <= 96 => 96, <= 128 => 128, <= 192 => 192, _ => 256 };
        return bucket % (_facts?.CacheAlignment is { } line and > 0 ? line : ShortLimit) != 0;
    }

    /// <summary>A device with a memory region of its own, on a machine that is known not to force bounces, has a restricted pool even where no message says so.</summary>
    private bool IsRestricted(string device) =>
        _facts!.RestrictedPoolOf(device) is not null
        || (_facts.CommandLine.Length > 0 && !_facts.IsEncryptedGuest && _facts.Parameter("swiotlb")?.EndsWith("force", StringComparison.Ordinal) != true
            && _facts.NodeOf(device) is { } node && node.Has("memory-region"));

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
                limits = new DeviceLimits(IsRestricted(device.Name), _facts.IsCoherent(device.Name), _facts.KnowsCoherenceOf(device.Name), end);
            }

            _limits.Add(device, limits);
        }

        (_lastDevice, _last) = (device, limits);
        return limits;
    }
}
