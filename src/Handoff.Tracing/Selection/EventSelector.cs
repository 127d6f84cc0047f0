using System.IO.Enumeration;
using System.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Selection;

/// <summary>Applies a filter to the events of one reader, in their order.</summary>
/// <param name="reader">Where the events come from.</param>
/// <param name="filter">What is wanted.</param>
public sealed class EventSelector(RecordingReader reader, EventFilter filter)
{
    private readonly byte[]? _fromMarker = filter.FromMarker is { } from ? Encoding.UTF8.GetBytes(from) : null;
    private readonly byte[]? _toMarker = filter.ToMarker is { } to ? Encoding.UTF8.GetBytes(to) : null;
    private readonly bool[] _matched = new bool[filter.Devices.Length + filter.Events.Length];
    private byte[] _devices = []; // by number: 0 not looked at, 1 wanted, 2 not
    private byte[] _types = [];
    private bool _started = filter.FromMarker is null;

    /// <summary>Whether no later event can be wanted, so that reading on is of no use.</summary>
    public bool IsPast { get; private set; }

    /// <summary>Whether the beginning (<see cref="EventFilter.FromMarker"/>) was found.</summary>
    public bool HasStarted => _started;

    /// <summary>Patterns of devices and events that nothing has matched so far.</summary>
    public IEnumerable<string> Unmatched => filter.Devices.Concat(filter.Events).Where((_, i) => !_matched[i]);

    /// <summary>Whether the event is wanted. To be asked for every event, in order.</summary>
    public bool Accepts(in DmaEvent e)
    {
        if (IsPast)
            return false;
        if (e.IsLostToEnd && (!_started || e.Time < filter.From))
            return filter.Events.IsEmpty || filter.KeepMarkers; // of what follows, too, that CPU's part is missing
        if (!_started)
        {
            if (e.Kind != DmaEventKind.Marker || e.Text.IndexOf(_fromMarker) < 0)
                return false;
            _started = true;
        }
        else if (_toMarker is not null && e.Kind == DmaEventKind.Marker && e.Text.IndexOf(_toMarker) >= 0)
        {
            IsPast = true;
        }

        if (e.Time < filter.From)
            return false;
        if (e.Time > filter.To)
        {
            // Of one CPU only: clocks of CPUs differ a little, so one late event is not the end.
            IsPast = e.Time - filter.To > 1_000_000_000;
            return false;
        }

        if (e.Kind == DmaEventKind.LostEvents)
            return filter.Events.IsEmpty || filter.KeepMarkers || IsEvent(e);
        if (e.Kind == DmaEventKind.Marker && filter.KeepMarkers)
            return true;
        return (filter.Devices.IsEmpty || IsDevice(e.Device)) && (filter.Events.IsEmpty || IsEvent(e)) && (filter.Addresses is not { } range || Touches(e, range));
    }

    /// <summary>Whether anything the event names lies in a range of addresses.</summary>
    public static bool Touches(in DmaEvent e, AddressRange range)
    {
        switch (e.Kind)
        {
            case DmaEventKind.Unknown or DmaEventKind.Marker or DmaEventKind.LostEvents:
                return false;
            case DmaEventKind.SwiotlbBounced:
                return range.Touches(e.BouncedAddress, e.Size);
            case >= DmaEventKind.DmaBufExport:
                return e.Attachment.Value != 0 && range.Touches(e.Attachment.Value, 1);
            case DmaEventKind.MapPage or DmaEventKind.MapResource:
                return range.Touches(e.PhysicalAddress.Value, e.Size) || (e.DmaAddress.IsMapped && range.Touches(e.DmaAddress.Value, e.Size));
            case DmaEventKind.MapSg or DmaEventKind.MapSgErr or DmaEventKind.UnmapSg or DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice:
                return TouchesList(e, range);
            case DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.Free or DmaEventKind.FreePages:
                return range.Touches(e.DmaAddress.Value, e.Size)
                    || (e.VirtualAddress.Value != 0 && range.Touches(e.VirtualAddress.Value, e.IsVirtualAddressHashed ? 1 : e.Size));
            default:
                return range.Touches(e.DmaAddress.Value, e.Size) || TouchesList(e, range);
        }
    }

    // Lengths belong to device addresses; entry by entry they are the physical ones' too, unless an IOMMU has merged entries.
    private static bool TouchesList(in DmaEvent e, AddressRange range)
    {
        var physical = e.PhysicalAddresses;
        var device = e.DmaAddresses;
        var lengths = e.Lengths;
        bool same = physical.Length == lengths.Length;
        for (int i = 0; i < physical.Length; i++)
        {
            if (range.Touches(physical[i].Value, same ? lengths[i] : 1))
                return true;
        }

        for (int i = 0; i < device.Length; i++)
        {
            if (range.Touches(device[i].Value, i < lengths.Length ? lengths[i] : 1))
                return true;
        }

        return false;
    }

    private bool IsDevice(int device) => device != 0 && IsWanted(ref _devices, device, reader.Devices[device], "", filter.Devices, 0);

    // In text recordings one name may stand for markers and for unknown events; notes about lost events have no name at all.
    private bool IsEvent(in DmaEvent e) => IsWanted(
        ref _types,
        (e.EventType * 3) + (e.Kind switch { DmaEventKind.Marker => 1, DmaEventKind.LostEvents => 2, _ => 0 }),
        reader.EventName(e),
        DmaEventKindNames.Of(e.Kind),
        filter.Events,
        filter.Devices.Length);

    private bool IsWanted(ref byte[] known, int number, string name, string other, System.Collections.Immutable.ImmutableArray<string> patterns, int first)
    {
        if (number >= known.Length)
            Array.Resize(ref known, Math.Max(number + 1, known.Length * 2));
        if (known[number] == 0)
        {
            known[number] = 2;
            for (int i = 0; i < patterns.Length; i++)
            {
                if (FileSystemName.MatchesSimpleExpression(patterns[i], name, ignoreCase: false) || FileSystemName.MatchesSimpleExpression(patterns[i], other, ignoreCase: false))
                {
                    _matched[first + i] = true;
                    known[number] = 1;
                }
            }
        }

        return known[number] == 1;
    }
}
