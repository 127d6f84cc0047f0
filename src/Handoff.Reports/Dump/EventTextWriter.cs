using System.Buffers;
using System.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Dump;

/// <summary>
/// Events as text in ftrace's shape, with all nine digits of the time. What is written can be read again as a recording and says the same,
/// except for what text cannot say: allocation flags as numbers, and which buffer an event came from.
/// </summary>
public sealed class EventTextWriter : EventWriter
{
    private static readonly SearchValues<byte> Suspicious = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(static sign => (byte)sign), 0x7f, 0xc2, 0xd8, 0xe2]);

    private const int FixedRoom = 640; // keys, numbers and punctuation of the longest event without its names and lists
    private readonly NameCache _events;
    private readonly bool _ticks;
    private readonly LineHeads _heads = new();
    private readonly TaskHeads _tasks;

    /// <summary>A writer for the events of a reader.</summary>
    public EventTextWriter(RecordingReader reader, Stream output)
        : base(reader, output)
    {
        _ticks = !reader.Header.TimeIsNanoseconds;
        _tasks = new TaskHeads(Tasks);
        _events = new NameCache(reader.EventNames, static (names, id) => [.. Printable(names.Bytes(id)), .. ": "u8]);
    }

    /// <inheritdoc/>
    public override void Write(in DmaEvent e)
    {
        var sink = Sink;
        byte[] task = _tasks.Of(e);
        byte[] head = _heads.Find(e) ?? MakeHead(e);
        sink.Reserve(FixedRoom + task.Length + head.Length + e.Text.Length + (e.Kind is DmaEventKind.MapPage or DmaEventKind.UnmapPage ? 0 : RoomForLists(e, 19)));
        if (e.Kind == DmaEventKind.LostEvents)
        {
            WriteLost(e);
            return;
        }

        sink.Raw(task);
        WriteTime(e.Time);
        sink.Raw(head);
        switch (e.Kind)
        {
            case DmaEventKind.Unknown or DmaEventKind.Marker:
                Text(e.Text);
                break;
            case DmaEventKind.SwiotlbBounced:
                WriteBounced(e);
                break;
            case >= DmaEventKind.DmaBufExport:
                WriteDmaBuf(e);
                break;
            default:
                WriteDma(e);
                break;
        }

        sink.Byte((byte)'\n');
    }

    private protected override byte[] Shape(NameTable names, int id) => Printable(names.Bytes(id));

    private static byte[] Printable(ReadOnlySpan<byte> text)
    {
        byte[] copy = text.ToArray();
        Blind(copy);
        return copy;
    }

    // Nothing in a recording may move a terminal's cursor or turn the direction of writing.
    private static void Blind(Span<byte> text)
    {
        for (int i = 0; i < text.Length; i++)
        {
            int length = text[i..] switch
            {
                [< 0x20 or 0x7f, ..] => 1,
                [0xc2, >= 0x80 and <= 0x9f, ..] => 2, // U+0080 to U+009F
                [0xd8, 0x9c, ..] => 2, // U+061C
                [0xe2, 0x80, 0x8e or 0x8f or (>= 0xa8 and <= 0xae), ..] => 3, // U+200E, U+200F, U+2028 to U+202E
                [0xe2, 0x81, >= 0xa6 and <= 0xa9, ..] => 3, // U+2066 to U+2069
                _ => 0,
            };
            text.Slice(i, length).Fill((byte)'?');
        }
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        if (!text.ContainsAny(Suspicious))
            Sink.Raw(text);
        else
            Sink.Raw(Printable(text));
    }

    /// <summary>What follows the time and is the same for many events: name, device, direction, and the first key.</summary>
    private byte[] MakeHead(in DmaEvent e)
    {
        List<byte> head = [.. ": "u8, .. _events[e.EventType]];
        byte[] device = Devices[e.Device];
        switch (e.Kind)
        {
            case DmaEventKind.Unknown or DmaEventKind.Marker or DmaEventKind.LostEvents:
                break;
            case DmaEventKind.SwiotlbBounced:
                head.AddRange([.. "dev_name: "u8, .. device, .. " dma_mask="u8, .. Encoding.ASCII.GetBytes($"{e.DmaMask:x}"), .. " dev_addr="u8]);
                break;
            case DmaEventKind.DmaBufDynamicAttach or DmaEventKind.DmaBufDetach:
                head.AddRange([.. "dev_name="u8, .. device, .. " exp_name="u8, .. Exporters[e.Exporter]]);
                break;
            case >= DmaEventKind.DmaBufExport:
                head.AddRange([.. "exp_name="u8, .. Exporters[e.Exporter]]);
                break;
            default:
                head.AddRange([.. device, .. " dir="u8, .. e.HasDirection ? DirectionText(e) : "0xffffffff"u8]);
                if (e.Kind is not (DmaEventKind.MapSg or DmaEventKind.MapSgErr or DmaEventKind.UnmapSg or DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice))
                    head.AddRange(" dma_addr="u8);
                break;
        }

        return _heads.Add(e, [.. head]);
    }

    private void WriteTime(ulong time)
    {
        var sink = Sink;
        if (_ticks)
        {
            sink.Decimal(time);
            return;
        }

        var (seconds, rest) = Math.DivRem(time, 1_000_000_000);
        sink.Blanks(seconds < 10 ? 4 : seconds < 100 ? 3 : seconds < 1000 ? 2 : seconds < 10_000 ? 1 : 0);
        sink.Decimal(seconds);
        sink.Byte((byte)'.');
        sink.Nine((uint)rest);
    }

    private void WriteLost(in DmaEvent e)
    {
        Sink.Raw("CPU:"u8);
        Sink.Decimal((ulong)e.Cpu);
        Sink.Raw(" [LOST "u8);
        if (e.LostCount > 0)
        {
            Sink.Decimal(e.LostCount);
            Sink.Byte((byte)' ');
        }

        Sink.Raw(e.IsLostToEnd ? "EVENTS TO THE END]\n"u8 : "EVENTS]\n"u8);
    }

    private void WriteBounced(in DmaEvent e)
    {
        var sink = Sink;
        sink.Hex(e.BouncedAddress);
        sink.Raw(" size="u8);
        sink.Decimal(e.Size);
        sink.Raw(e.IsForced ? " FORCE"u8 : " NORMAL"u8);
    }

    private void WriteDma(in DmaEvent e)
    {
        var sink = Sink;
        var kind = e.Kind;
        switch (kind)
        {
            case DmaEventKind.MapSg:
                WriteMapSg(e);
                break;
            case DmaEventKind.MapSgErr:
                Addresses(" dma_addrs={"u8, e.PhysicalAddresses); // the kernel's own key for them
                sink.Raw(" err="u8);
                sink.Decimal(e.Error);
                break;
            case DmaEventKind.UnmapSg:
                Addresses(" phys_addrs={"u8, e.PhysicalAddresses);
                break;
            case DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice:
                Addresses(" dma_addrs={"u8, e.DmaAddresses);
                Lengths(e.Lengths);
                return;
            default:
                sink.Hex(e.DmaAddress.Value);
                sink.Raw(" size="u8);
                sink.Decimal(e.Size);
                WriteRest(e);
                break;
        }

        if (kind is not (DmaEventKind.SyncSingleForCpu or DmaEventKind.SyncSingleForDevice or DmaEventKind.FreeSgt))
        {
            sink.Raw(" attrs="u8);
            sink.Raw(AttributesText(e.Attributes));
        }
    }

    private void WriteRest(in DmaEvent e)
    {
        var sink = Sink;
        switch (e.Kind)
        {
            case DmaEventKind.MapPage or DmaEventKind.MapResource:
                sink.Raw(" phys_addr="u8);
                sink.Hex(e.PhysicalAddress.Value);
                break;
            case DmaEventKind.AllocSgt or DmaEventKind.FreeSgt:
                Addresses(" phys_addrs={"u8, e.PhysicalAddresses);
                break;
            case DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.AllocSgtErr or DmaEventKind.Free or DmaEventKind.FreePages:
                sink.Raw(" virt_addr="u8);
                sink.Hex(e.VirtualAddress.Value);
                break;
        }

        if (e.Kind is DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.AllocSgt or DmaEventKind.AllocSgtErr)
        {
            sink.Raw(" flags="u8);
            if (e.Text.Length > 0)
            {
                Text(e.Text);
            }
            else
            {
                sink.Raw("0x"u8);
                sink.Hex(e.GfpFlags);
            }
        }
    }

    private void WriteMapSg(in DmaEvent e)
    {
        var sink = Sink;
        sink.Raw(" nents="u8);
        sink.Decimal((ulong)e.PhysicalAddresses.Length);
        sink.Byte((byte)'/');
        sink.Decimal(e.FullNents);
        sink.Raw(" ents="u8);
        sink.Decimal((ulong)e.DmaAddresses.Length);
        sink.Byte((byte)'/');
        sink.Decimal(e.FullEnts);
        if (e.IsTruncated)
            sink.Raw(" [TRUNCATED]"u8);
        Addresses(" dma_addrs={"u8, e.DmaAddresses);
        Lengths(e.Lengths);
        Addresses(" phys_addrs={"u8, e.PhysicalAddresses);
    }

    private void WriteDmaBuf(in DmaEvent e)
    {
        var sink = Sink;
        sink.Raw(" size="u8);
        sink.Decimal(e.Size);
        sink.Raw(" ino="u8);
        sink.Decimal(e.Inode);
        if (e.Kind is DmaEventKind.DmaBufFd or DmaEventKind.DmaBufGet)
        {
            sink.Raw(" fd="u8);
            sink.Decimal(e.FileDescriptor);
        }
        else if (e.Kind is DmaEventKind.DmaBufDynamicAttach or DmaEventKind.DmaBufDetach)
        {
            sink.Raw(" attach="u8);
            sink.Hex(e.Attachment.Value);
            sink.Raw(e.IsDynamic ? " is_dynamic=1"u8 : " is_dynamic=0"u8);
        }
    }

    private void Addresses(ReadOnlySpan<byte> key, ReadOnlySpan<PhysicalAddress> list)
    {
        Sink.Raw(key);
        for (int i = 0; i < list.Length; i++)
        {
            Sink.Raw(i == 0 ? "0x"u8 : ",0x"u8);
            Sink.Hex(list[i].Value);
        }

        Sink.Byte((byte)'}');
    }

    private void Addresses(ReadOnlySpan<byte> key, ReadOnlySpan<DmaAddress> list)
    {
        Sink.Raw(key);
        for (int i = 0; i < list.Length; i++)
        {
            Sink.Raw(i == 0 ? "0x"u8 : ",0x"u8);
            Sink.Hex(list[i].Value);
        }

        Sink.Byte((byte)'}');
    }

    private void Lengths(ReadOnlySpan<uint> list)
    {
        Sink.Raw(" sizes={"u8);
        for (int i = 0; i < list.Length; i++)
        {
            Sink.Raw(i == 0 ? "0x"u8 : ",0x"u8);
            Sink.Hex(list[i]);
        }

        Sink.Byte((byte)'}');
    }
}
