using System.Text;
using Handoff.Tracing.Bundles;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Writing;

namespace Handoff.Tracing.Redaction;

/// <summary>
/// Makes a recording that may be shared: addresses, and names of devices, tasks and markers, are replaced by others, always the same for the same.
/// What findings rest on stays: the place in a page, the reach of masks, contiguity, which address is a translation of which, pools and their slots.
/// Read the recording three times: <see cref="Learn"/>, <see cref="Survey"/>, <see cref="Copy"/>.
/// </summary>
/// <param name="facts">Facts about the machine, or <see langword="null"/>.</param>
/// <param name="options">What stays.</param>
/// <param name="key">Decides about every pseudonym.</param>
public sealed class Redactor(MachineFacts? facts, RedactionOptions options, RedactionKey key)
{
    private readonly Pseudonyms _names = new(key);
    private readonly KeyedPermutation _pages = new(key, 1, 52); // of kernel pointers
    private readonly KeyedPermutation _inodes = new(key, 2, 64);
    private readonly KeyedPermutation _threads = new(key, 3, 22); // PID_MAX_LIMIT
    private readonly KeyedPermutation _otherThreads = new(key, 4, 32);
    private readonly Dictionary<string, DeviceAddresses> _devices = [];
    private readonly AddressUse _use = new();
    private readonly HashSet<ulong> _borders = [];
    private readonly Dictionary<int, (int Device, int Pid)> _bounces = []; // by CPU: the bounce whose map is still to come
    private readonly Dictionary<int, byte[]> _nameBytes = [];
    private AddressRotation? _rotation;

    /// <summary>First reading: how device addresses follow from physical ones.</summary>
    public void Learn(RecordingReader reader, CancellationToken cancellation = default)
    {
        DmaEvent e = default;
        for (int look = 0; reader.Read(ref e) && !IsCancelled(ref look, cancellation);)
        {
            bool bounced = IsBounced(e);
            if (e.Kind == DmaEventKind.MapPage && !bounced)
                Of(reader, e.Device).Learn(e.PhysicalAddress.Value, e.DmaAddress.Value);
            else if (e.Kind == DmaEventKind.MapSg && !bounced && e.PhysicalAddresses.Length > 0 && e.DmaAddresses.Length > 0)
                Of(reader, e.Device).Learn(e.PhysicalAddresses[0].Value, e.DmaAddresses[0].Value);
        }

        foreach (DeviceAddresses device in _devices.Values)
            device.Settle();
        _bounces.Clear();
    }

    /// <summary>Second reading: which addresses are in use.</summary>
    public void Survey(RecordingReader reader, CancellationToken cancellation = default)
    {
        AddBorders();
        DmaEvent e = default;
        for (int look = 0; reader.Read(ref e) && !IsCancelled(ref look, cancellation);)
        {
            bool bounced = IsBounced(e);
            if (e.Kind <= DmaEventKind.LostEvents || e.IsDmaBuf)
                continue;
            DeviceAddresses device = Of(reader, e.Device);
            if (e.Kind == DmaEventKind.SwiotlbBounced)
            {
                AddDevice(device, e.BouncedAddress, e.Size);
                AddMask(device, e.DmaMask);
                continue;
            }

            if (e.Kind is DmaEventKind.MapPage or DmaEventKind.MapResource)
                _use.Join(e.PhysicalAddress.Value, e.Size);
            bool perEntry = e.PhysicalAddresses.Length == e.Lengths.Length;
            for (int i = 0; i < e.PhysicalAddresses.Length; i++)
                _use.Join(e.PhysicalAddresses[i].Value, perEntry ? e.Lengths[i] : 1);
            for (int i = 0; i < e.DmaAddresses.Length; i++)
            {
                ulong length = i < e.Lengths.Length ? e.Lengths[i] : 1;
                AddDevice(device, e.DmaAddresses[i].Value, length);
                if (bounced && (!perEntry || i >= e.PhysicalAddresses.Length || device.DeviceOf(e.PhysicalAddresses[i].Value) != e.DmaAddresses[i].Value))
                    Slot(device, e.DmaAddresses[i].Value, length);
            }

            if (e.DmaAddresses.IsEmpty)
                AddDevice(device, e.DmaAddress.Value, e.Size);
            if (bounced && e.Kind == DmaEventKind.MapPage)
                Slot(device, e.DmaAddress.Value, e.Size);
        }

        _bounces.Clear();
        _use.Complete(onePool: facts?.Swiotlb is null);
        _rotation = new AddressRotation(_use, _borders, key);
    }

    /// <summary>Third reading: the copy.</summary>
    public RecordingCopy Copy(RecordingReader reader, CancellationToken cancellation = default)
    {
        if (_rotation is null)
            throw new InvalidOperationException("The recording has not been surveyed.");
        RecordingCopy? copy = null;
        DmaEvent e = default;
        for (int look = 0; reader.Read(ref e) && !IsCancelled(ref look, cancellation);)
        {
            copy ??= CopyOf(reader);
            if (e.Kind == DmaEventKind.LostEvents)
            {
                copy.Add(e);
                continue;
            }

            Change(reader, ref e);
            copy.Add(e, TaskOf(reader, e), EventOf(reader, e), DeviceOf(reader, e.Device), ExporterOf(reader, e));
        }

        return copy ?? CopyOf(reader);
    }

    /// <summary>Whether the recording has more buffers across 2 MiB borders than can be kept together: addresses then stay as they are.</summary>
    public bool KeepsAddresses => _use.IsFull;

    /// <summary>Writes what may be told of the machine into a directory. To be called after <see cref="Copy"/>.</summary>
    public void WriteFacts(string directory)
    {
        if (facts is not null)
            new RedactedFacts(facts, NameOf, MoveRange, options.Devices).Write(directory);
    }

    /// <summary>The other name of a device.</summary>
    internal string NameOf(string device) => options.Devices ? device : _names.Device(device);

    private RecordingCopy CopyOf(RecordingReader reader) =>
        new(reader, encode: true, UnameOf(reader.Header), [.. reader.Header.Instances.Select(name => options.Tasks ? name : _names.Other("buffer-", name))]);

    private static bool IsCancelled(ref int look, CancellationToken cancellation) => (++look & 4095) == 0 && cancellation.IsCancellationRequested;

    private static string UnameOf(RecordingHeader header) =>
        header.KernelRelease is { } release ? $"Linux host {RedactedFacts.Version(release)} - {header.Architecture ?? "unknown"}" : "";

    // A bounce is logged before its map, by the same task on the same CPU.
    private bool IsBounced(in DmaEvent e)
    {
        if (e.Kind == DmaEventKind.SwiotlbBounced)
        {
            _bounces[e.Cpu] = (e.Device, e.Pid);
            return false;
        }

        return e.Kind is DmaEventKind.MapPage or DmaEventKind.MapSg && _bounces.Remove(e.Cpu, out var bounce) && bounce == (e.Device, e.Pid);
    }

    private DeviceAddresses Of(RecordingReader reader, int device)
    {
        string name = reader.Devices[device];
        if (!_devices.TryGetValue(name, out DeviceAddresses? known))
        {
            known = new DeviceAddresses(facts?.RangesOf(name) ?? [], facts?.TranslatedDevices.Contains(name) ?? false);
            _devices.Add(name, known);
        }

        return known;
    }

    private MemoryRange MoveRange(MemoryRange range) => new(new(_rotation?.Move(range.Start.Value) ?? range.Start.Value), range.Size);

    private void AddDevice(DeviceAddresses device, ulong address, ulong size)
    {
        if (address != ulong.MaxValue && device.TryPhysical(address, out ulong physical))
            _use.Join(physical, size);
    }

    private void Slot(DeviceAddresses device, ulong address, ulong size)
    {
        if (address != ulong.MaxValue && !device.IsTranslated && device.TryPhysical(address, out ulong physical))
            _use.Slot(physical, size);
    }

    private void AddBorders()
    {
        void Add(MemoryRange range)
        {
            _borders.Add(range.Start.Value);
            _borders.Add(range.Start.Value + range.Size);
        }

        foreach (MemoryRange range in facts?.Ram?.Ranges ?? [])
            Add(range);
        foreach (MemoryRange pool in (facts?.RestrictedPools ?? []).Select(static pool => pool.Range).Concat(facts?.Swiotlb is { } main ? [main] : []))
        {
            _use.Join(pool.Start.Value, pool.Size);
        }

        foreach (DeviceAddresses device in _devices.Values)
        {
            foreach (DmaRange window in device.Windows)
                Add(new MemoryRange(window.CpuStart, window.Size));
            for (int bit = AddressUse.PartShift; bit < 64; bit++)
                AddMask(device, (1UL << bit) - 1);
        }
    }

    // What a mask reaches ends elsewhere in physical memory where addresses are shifted.
    private void AddMask(DeviceAddresses device, ulong mask)
    {
        if (mask is 0 or ulong.MaxValue || _borders.Count > 1 << 16)
            return;
        _borders.Add(mask + 1);
        if ((device.Offset != 0 || !device.Windows.IsEmpty) && device.TryPhysical(mask, out ulong physical))
            _borders.Add(physical + 1);
    }

    private void Change(RecordingReader reader, ref DmaEvent e)
    {
        e.Pid = Thread(e.Pid);
        if (e.IsDmaBuf)
        {
            e.PhysicalValue = _inodes[e.PhysicalValue];
            e.VirtualValue = Pointer(e.VirtualValue);
            return;
        }

        if (e.Kind <= DmaEventKind.LostEvents)
        {
            if (e.Kind == DmaEventKind.Marker && !options.Markers && e.Text.Length > 0)
                reader.Lists.SetText(Encoding.UTF8.GetBytes(_names.Other("marker-", RecordingReader.TextOf(e))));
            return;
        }

        DeviceAddresses device = Of(reader, e.Device);
        if (e.Kind == DmaEventKind.SwiotlbBounced)
        {
            e.PhysicalValue = Device(device, e.PhysicalValue); // the virtual value is the mask
            return;
        }

        e.PhysicalValue = _rotation!.Move(e.PhysicalValue);
        e.DmaAddress = new DmaAddress(Device(device, e.DmaAddress.Value));
        e.VirtualValue = Pointer(e.VirtualValue);
        foreach (ref ulong address in reader.Lists.ResizePhysical(e.PhysicalAddresses.Length))
            address = _rotation.Move(address);
        foreach (ref ulong address in reader.Lists.ResizeDma(e.DmaAddresses.Length))
            address = Device(device, address);
    }

    private ulong Device(DeviceAddresses device, ulong address) =>
        address != ulong.MaxValue && device.TryPhysical(address, out ulong physical) ? device.DeviceOf(_rotation!.Move(physical)) : address;

    // Whether it is null matters, and the place in the page.
    private ulong Pointer(ulong value) => (_pages[value >> 12] << 12) | (value & 0xfff);

    private int Thread(int pid) => options.Tasks ? pid : (int)(pid is >= 0 and < 1 << 22 ? _threads[(uint)pid] : _otherThreads[(uint)pid]);

    private ReadOnlySpan<byte> TaskOf(RecordingReader reader, in DmaEvent e) =>
        options.Tasks ? reader.Tasks.Bytes(e.Task) : Bytes(3 * e.Task, reader.TaskName(e), static (names, name) => name is "" or "<idle>" ? name : names.Other("task-", name));

    private ReadOnlySpan<byte> DeviceOf(RecordingReader reader, int device) =>
        options.Devices ? reader.Devices.Bytes(device) : Bytes((3 * device) + 1, reader.Devices[device], static (names, name) => names.Device(name));

    private ReadOnlySpan<byte> ExporterOf(RecordingReader reader, in DmaEvent e)
    {
        int exporter = e.IsDmaBuf ? e.Exporter : 0;
        return options.Devices ? reader.Exporters.Bytes(exporter) : Bytes((3 * exporter) + 2, reader.Exporters[exporter], static (names, name) => names.Other("exporter-", name));
    }

    // Of markers the writing function is the name, of unknown events their own.
    private string EventOf(RecordingReader reader, in DmaEvent e)
    {
        string name = reader.EventName(e);
        bool isPublic = e.Kind > DmaEventKind.LostEvents || options.Markers || name is "tracing_mark_write" or "print" or "bprint" or "bputs";
        return isPublic ? name : _names.Other(e.Kind == DmaEventKind.Marker ? "function_" : "event_", name);
    }

    private byte[] Bytes(int key, string name, Func<Pseudonyms, string, string> rename)
    {
        if (!_nameBytes.TryGetValue(key, out byte[]? bytes))
        {
            bytes = Encoding.UTF8.GetBytes(rename(_names, name));
            _nameBytes.Add(key, bytes);
        }

        return bytes;
    }
}
