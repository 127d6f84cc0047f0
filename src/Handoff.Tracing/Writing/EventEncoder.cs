using System.Globalization;
using System.Text;
using Handoff.Tracing.Recordings;
using Handoff.Tracing.Recordings.TraceDat;

namespace Handoff.Tracing.Writing;

/// <summary>
/// Makes ftrace records of events, in a layout of its own with formats that describe it. So any recording can become a trace.dat, and an event can be
/// changed on the way. What does not fit into 64 KiB of a record's lists is cut, and the record says so where it can.
/// </summary>
internal sealed class EventEncoder
{
    // One record never holds more than its locators can address; with header and fixed part it fits into a page.
    private const int MostListBytes = 60_000;
    private const int FirstId = 1000;
    private const int PrintId = 5;
    private const int ListsStart = 92; // behind the fixed part that Encode writes
    private const string Common =
        "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n\tfield:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n" +
        "\tfield:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n\n";

    private readonly Dictionary<(DmaEventKind, string), (int Id, DmaEventKind Kind, string Name)> _types = [];
    private readonly Dictionary<string, ulong> _symbols = [];
    private readonly ByteBuilder _record = new(bigEndian: false);

    /// <summary>Ring-buffer pages large enough for every record.</summary>
    internal static PageShape Shape { get; } = new(BigEndian: false, PageSize: 64 << 10, TimestampSize: 8, CommitOffset: 8, CommitSize: 8, DataOffset: 16);

    /// <summary>Formats of ftrace's own events.</summary>
    internal static IReadOnlyList<byte[]> FtraceFormats { get; } =
    [
        Encoding.ASCII.GetBytes($"name: print\nID: {PrintId}\nformat:\n{Common}\tfield:unsigned long ip;\toffset:8;\tsize:8;\tsigned:0;\n\tfield:char buf[];\toffset:16;\tsize:0;\tsigned:0;\n\nprint fmt: \"%ps: %s\", (void *)REC->ip, REC->buf\n"),
    ];

    /// <summary>Events whose lists had to be cut.</summary>
    internal long Cut { get; private set; }

    /// <summary>Formats of all events made so far, by group.</summary>
    internal IReadOnlyList<(string Name, IReadOnlyList<byte[]> Formats)> Systems =>
        [.. _types.Values.GroupBy(static type => SystemOf(type.Kind)).Select(static group => (group.Key, (IReadOnlyList<byte[]>)[.. group.Select(FormatOf)]))];

    /// <summary>Symbols that give markers the names of the functions that wrote them.</summary>
    internal byte[] Symbols => Encoding.UTF8.GetBytes(string.Concat(_symbols.Select(static symbol => string.Create(CultureInfo.InvariantCulture, $"{symbol.Value:x16} t {symbol.Key}\n"))));

    /// <summary>Makes a record.</summary>
    /// <param name="e">The event; no note about lost ones.</param>
    /// <param name="name">The kernel's name of it.</param>
    /// <param name="device">The device's name, where it has one.</param>
    /// <param name="exporter">The exporter's name, where it has one.</param>
    /// <returns>The record; valid until the next one.</returns>
    internal ReadOnlySpan<byte> Encode(in DmaEvent e, string name, ReadOnlySpan<byte> device, ReadOnlySpan<byte> exporter)
    {
        _record.Clear();
        if (e.Kind == DmaEventKind.Marker)
        {
            Begin(PrintId, e);
            return _record.U64(SymbolOf(name)).Raw(e.Text[..Math.Min(e.Text.Length, MostListBytes)]).Raw("\n\0"u8).Written;
        }

        if (!_types.TryGetValue((e.Kind, name), out var type))
        {
            // Two kinds under one name happen in text only, where unknown events have a marker's name.
            type = (FirstId + _types.Count, e.Kind, name.Length > 0 ? name : "unknown");
            if (type.Id > ushort.MaxValue)
                type = _types.Values.First();
            else
                _types.Add((e.Kind, name), type);
        }

        Begin(type.Id, e);
        if (e.Kind == DmaEventKind.Unknown)
            return _record.Written;
        var room = MostListBytes - device.Length - exporter.Length - 2;
        var addresses = Fitting(e.PhysicalAddresses.Length, 8, ref room);
        var dma = Fitting(e.DmaAddresses.Length, 8, ref room);
        var lengths = Fitting(e.Lengths.Length, 4, ref room);
        var isCut = addresses < e.PhysicalAddresses.Length || dma < e.DmaAddresses.Length || lengths < e.Lengths.Length;
        if (isCut)
            Cut++;
        var isBounce = e.Kind == DmaEventKind.SwiotlbBounced;
        var at = ListsStart;
        Locator(ref at, device.Length + 1);
        _record.U32(e.HasDirection ? (uint)e.Direction : uint.MaxValue);
        _record.U64(isBounce ? e.BouncedAddress : e.IsDmaBuf ? e.Inode : e.PhysicalAddress.Value);
        _record.U64(e.DmaAddress.Value);
        _record.U64(isBounce ? e.DmaMask : e.IsDmaBuf ? e.Attachment.Value : e.VirtualAddress.Value);
        _record.U64(e.Size);
        _record.U64((ulong)e.Attributes);
        _record.U32(e.GfpFlags != 0 ? e.GfpFlags : GfpNames.Parse(e.Text)).U32((uint)(e.IsDmaBuf ? e.FileDescriptor : e.Error));
        _record.U32((uint)e.FullNents).U32((uint)e.FullEnts);
        _record.Raw([e.IsTruncated || isCut ? (byte)1 : (byte)0, e.IsForced || e.IsDynamic ? (byte)1 : (byte)0, 0, 0]);
        Locator(ref at, exporter.Length + 1);
        Locator(ref at, addresses * 8);
        Locator(ref at, dma * 8);
        Locator(ref at, lengths * 4);
        _record.Raw(device).Raw([0]).Raw(exporter).Raw([0]);
        foreach (var address in e.PhysicalAddresses[..addresses])
            _record.U64(address.Value);
        foreach (var address in e.DmaAddresses[..dma])
            _record.U64(address.Value);
        foreach (var length in e.Lengths[..lengths])
            _record.U32(length);
        return _record.Written;
    }

    private ulong SymbolOf(string name)
    {
        if (name.Length == 0 || name.Contains('\n', StringComparison.Ordinal))
            return 0;
        if (!_symbols.TryGetValue(name, out var address))
        {
            address = 0x1000 + ((ulong)_symbols.Count * 16);
            _symbols.Add(name, address);
        }

        return address;
    }

    private static int Fitting(int count, int size, ref int room)
    {
        var fits = Math.Min(count, Math.Max(0, room) / size);
        room -= fits * size;
        return fits;
    }

    private static string SystemOf(DmaEventKind kind) => kind switch
    {
        DmaEventKind.Unknown => "other",
        DmaEventKind.SwiotlbBounced => "swiotlb",
        >= DmaEventKind.DmaBufExport => "dma_buf",
        _ => "dma",
    };

    // Fields keep the kernel's names, because those say what they are; which there are depends on the kind.
    private static byte[] FormatOf((int Id, DmaEventKind Kind, string Name) type)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"name: {type.Name}\nID: {type.Id}\nformat:\n{Common}");
        void Field(string declaration, int offset, int size, bool signed = false) =>
            text.Append(CultureInfo.InvariantCulture, $"\tfield:{declaration};\toffset:{offset};\tsize:{size};\tsigned:{(signed ? 1 : 0)};\n");
        var isBounce = type.Kind == DmaEventKind.SwiotlbBounced;
        var isBuffer = type.Kind >= DmaEventKind.DmaBufExport;
        if (type.Kind != DmaEventKind.Unknown)
        {
            Field(isBounce || isBuffer ? "__data_loc char[] dev_name" : "__data_loc char[] device", 8, 4);
            if (!isBounce && !isBuffer)
                Field("enum dma_data_direction dir", 12, 4);
            Field(isBounce ? "dma_addr_t dev_addr" : isBuffer ? "ino_t ino" : "u64 phys_addr", 16, 8);
            if (!isBounce && !isBuffer)
                Field("u64 dma_addr", 24, 8);
            Field(isBounce ? "u64 dma_mask" : isBuffer ? "void * attach" : "void * virt_addr", 32, 8);
            Field("size_t size", 40, 8);
            if (!isBounce && !isBuffer)
            {
                Field("unsigned long attrs", 48, 8);
                Field("gfp_t flags", 56, 4);
            }

            if (!isBounce)
                Field(isBuffer ? "int fd" : "int err", 60, 4, signed: true);
            if (type.Kind == DmaEventKind.MapSg)
            {
                Field("int full_nents", 64, 4, signed: true);
                Field("int full_ents", 68, 4, signed: true);
                Field("bool truncated", 72, 1);
            }

            if (isBounce || isBuffer)
                Field(isBounce ? "bool force" : "bool is_dynamic", 73, 1);
            if (isBuffer)
                Field("__data_loc char[] exp_name", 76, 4);
            if (!isBounce && !isBuffer)
            {
                Field("__data_loc u64[] phys_addrs", 80, 4);
                Field("__data_loc u64[] dma_addrs", 84, 4);
                Field("__data_loc u32[] lengths", 88, 4);
            }
        }

        text.Append("\nprint fmt: ").Append(type.Kind switch
        {
            DmaEventKind.Unknown => "\"\"",
            DmaEventKind.SwiotlbBounced => "\"dev_name: %s dma_mask=%llx dev_addr=%llx size=%lu %s\", __get_str(dev_name), REC->dma_mask, REC->dev_addr, REC->size, REC->force ? \"FORCE\" : \"NORMAL\"",
            >= DmaEventKind.DmaBufExport => "\"exp_name=%s size=%lu ino=%lu\", __get_str(exp_name), REC->size, REC->ino",
            DmaEventKind.MapSg => "\"%s dir=%d nents=%d ents=%d attrs=%lx\", __get_str(device), REC->dir, REC->full_nents, REC->full_ents, REC->attrs",
            _ => "\"%s dir=%d dma_addr=%llx size=%lu phys_addr=%llx attrs=%lx\", __get_str(device), REC->dir, REC->dma_addr, REC->size, REC->phys_addr, REC->attrs",
        }).Append('\n');
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private void Begin(int id, in DmaEvent e) => _record.U16(id).Raw([FlagsOf(e.Context), 0]).U32((uint)e.Pid);

    // Kernel: enum trace_flag_type.
    private static byte FlagsOf(EventContext context) => context switch
    {
        EventContext.NonMaskableInterrupt => 0x40,
        EventContext.HardInterrupt => 0x08,
        EventContext.SoftInterrupt => 0x10,
        _ => 0,
    };

    private void Locator(ref int at, int length)
    {
        _record.U32((uint)(at | (length << 16)));
        at += length;
    }
}
