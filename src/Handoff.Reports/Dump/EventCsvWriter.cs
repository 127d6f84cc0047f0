using System.Text;
using Handoff.Reports.Text;
using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Dump;

/// <summary>Events as a table of comma-separated values with one heading line. Fields that an event lacks are empty; lists have blanks between their items.</summary>
public sealed class EventCsvWriter : EventWriter
{
    private const int FixedRoom = 768;

    private static readonly byte[][] Kinds = [.. DmaEventKindNames.All.Select(Encoding.UTF8.GetBytes)];
    private readonly NameCache _events, _instances;
    private readonly bool _ticks;

    /// <summary>A writer for the events of a reader; writes the heading.</summary>
    public EventCsvWriter(RecordingReader reader, Stream output)
        : base(reader, output)
    {
        _ticks = !reader.Header.TimeIsNanoseconds;
        _events = new NameCache(reader.EventNames, Shape);
        _instances = new NameCache(reader.EventNames, (_, id) => Quoted(reader.Header.Instances[id]));
        Sink.Reserve(FixedRoom);
        Sink.Raw("time,cpu,buffer,pid,task,event,kind,device,dir,dma_addr,size,phys_addr,virt_addr,attrs,flags,nents,ents,truncated,"u8);
        Sink.Raw("dma_addrs,lengths,phys_addrs,dma_mask,forced,error,exporter,inode,fd,lost,text\n"u8);
    }

    /// <inheritdoc/>
    public override void Write(in DmaEvent e)
    {
        var sink = Sink;
        byte[] device = Devices[e.Device], task = Tasks[e.Task], name = _events[e.EventType], exporter = Exporters[e.IsDmaBuf ? e.Exporter : 0];
        byte[] text = e.Text.Length > 0 ? Quoted(RecordingReader.TextOf(e)) : [], instance = _instances[e.Instance];
        sink.Reserve(FixedRoom + device.Length + task.Length + name.Length + exporter.Length + text.Length + instance.Length + RoomForLists(e, 19));
        WriteTime(e.Time);
        Number((ulong)e.Cpu, true);
        Text(instance);
        bool isEvent = e.Kind != DmaEventKind.LostEvents, isDma = e.Kind is > DmaEventKind.LostEvents and < DmaEventKind.SwiotlbBounced;
        sink.Byte((byte)',');
        if (isEvent)
            sink.Decimal(e.Pid);
        Text(task);
        Text(name);
        Text(Kinds[(int)e.Kind]);
        Text(device);
        Text(isDma && e.HasDirection ? DirectionText(e) : default);
        bool isList = e.Kind is DmaEventKind.MapSg or DmaEventKind.MapSgErr or DmaEventKind.UnmapSg or DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice;
        bool isBounce = e.Kind == DmaEventKind.SwiotlbBounced;
        Address(isBounce ? e.BouncedAddress : e.DmaAddress.Value, isBounce || (isDma && !isList));
        Number(e.Size, isBounce || e.IsDmaBuf || (isDma && !isList));
        Address(e.PhysicalAddress.Value, e.Kind is DmaEventKind.MapPage or DmaEventKind.MapResource);
        Address(e.VirtualAddress.Value, e.Kind is DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.AllocSgtErr or DmaEventKind.Free or DmaEventKind.FreePages
            or DmaEventKind.DmaBufDynamicAttach or DmaEventKind.DmaBufDetach);
        Text(AttributesText(e.Attributes));
        if (isDma && text.Length > 0)
            Text(text);
        else
            Address(e.GfpFlags, e.GfpFlags != 0);
        bool isMapSg = e.Kind == DmaEventKind.MapSg;
        Number((ulong)e.FullNents, isMapSg);
        Number((ulong)e.FullEnts, isMapSg);
        Text(isMapSg ? e.IsTruncated ? "1"u8 : "0"u8 : default);
        WriteLists(e);
        Address(e.DmaMask, isBounce);
        Text(isBounce ? e.IsForced ? "1"u8 : "0"u8 : default);
        sink.Byte((byte)',');
        if (e.Kind == DmaEventKind.MapSgErr)
            sink.Decimal(e.Error);
        Text(e.IsDmaBuf ? exporter : default);
        Number(e.Inode, e.IsDmaBuf);
        sink.Byte((byte)',');
        if (e.Kind is DmaEventKind.DmaBufFd or DmaEventKind.DmaBufGet)
            sink.Decimal(e.FileDescriptor);
        Number(e.LostCount, !isEvent && e.LostCount > 0);
        Text(isDma ? default : text);
        sink.Byte((byte)'\n');
    }

    private protected override byte[] Shape(NameTable names, int id) => Quoted(names[id]);

    // Quotes where a reader of such tables needs them, no bytes that could move a terminal's cursor, and nothing that a spreadsheet takes for a formula.
    private static byte[] Quoted(string text)
    {
        text = Printable.Of(text);
        if (text is ['=' or '+' or '-' or '@', ..])
            text = "'" + text;
        return Encoding.UTF8.GetBytes(text.AsSpan().IndexOfAny(',', '"') < 0 ? text : $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"");
    }

    private void WriteTime(ulong time)
    {
        if (_ticks)
        {
            Sink.Decimal(time);
            return;
        }

        var (seconds, rest) = Math.DivRem(time, 1_000_000_000);
        Sink.Decimal(seconds);
        Sink.Byte((byte)'.');
        Sink.Nine((uint)rest);
    }

    private void WriteLists(in DmaEvent e)
    {
        Sink.Byte((byte)',');
        for (int i = 0; i < e.DmaAddresses.Length; i++)
            Item(i, e.DmaAddresses[i].Value);
        Sink.Byte((byte)',');
        for (int i = 0; i < e.Lengths.Length; i++)
        {
            if (i > 0)
                Sink.Byte((byte)' ');
            Sink.Decimal(e.Lengths[i]);
        }

        Sink.Byte((byte)',');
        for (int i = 0; i < e.PhysicalAddresses.Length; i++)
            Item(i, e.PhysicalAddresses[i].Value);
    }

    private void Item(int index, ulong value)
    {
        Sink.Raw(index == 0 ? "0x"u8 : " 0x"u8);
        Sink.Hex(value);
    }

    private void Text(ReadOnlySpan<byte> text)
    {
        Sink.Byte((byte)',');
        Sink.Raw(text);
    }

    private void Address(ulong value, bool isPresent)
    {
        Sink.Byte((byte)',');
        if (!isPresent)
            return;
        Sink.Raw("0x"u8);
        Sink.Hex(value);
    }

    private void Number(ulong value, bool isPresent)
    {
        Sink.Byte((byte)',');
        if (isPresent)
            Sink.Decimal(value);
    }
}
