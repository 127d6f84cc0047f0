using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using Handoff.Tracing.Recordings;

namespace Handoff.Reports.Dump;

/// <summary>
/// Events as JSON, one object a line. The first line names the schema and the recording. Addresses are strings in hexadecimal, because many
/// programs cannot keep 64 bits in a number.
/// </summary>
public sealed class EventJsonWriter : EventWriter
{
    /// <summary>Name and version of what is written.</summary>
    public const string Schema = "handoff-events/1";

    private const int FixedRoom = 1024;
    private static readonly JavaScriptEncoder Encoder = JavaScriptEncoder.Create(UnicodeRanges.All);
    private static readonly byte[][] Kinds = [.. DmaEventKindNames.All.Select(Quoted)];
    private readonly NameCache _events;
    private readonly bool _ticks, _instances;

    /// <summary>A writer for the events of a reader; writes the first line.</summary>
    public EventJsonWriter(RecordingReader reader, Stream output)
        : base(reader, output)
    {
        _ticks = !reader.Header.TimeIsNanoseconds;
        _instances = reader.Header.Instances.Count > 1;
        _events = new NameCache(reader.EventNames, static (names, id) => Quoted(names[id]));
        WriteHeader(reader.Header);
    }

    /// <inheritdoc/>
    public override void Write(in DmaEvent e)
    {
        var sink = Sink;
        byte[] device = Devices[e.Device], task = Tasks[e.Task], name = _events[e.EventType], exporter = Exporters[e.IsDmaBuf ? e.Exporter : 0];
        byte[] text = e.Text.Length > 0 ? Quoted(RecordingReader.TextOf(e)) : [];
        sink.Reserve(FixedRoom + device.Length + task.Length + name.Length + exporter.Length + text.Length + RoomForLists(e, 22));
        sink.Raw("{\"time\":"u8);
        WriteTime(e.Time);
        sink.Raw(",\"cpu\":"u8);
        sink.Decimal((ulong)e.Cpu);
        if (_instances)
            Number(",\"buffer\":"u8, (ulong)e.Instance);
        if (e.Kind != DmaEventKind.LostEvents)
        {
            sink.Raw(",\"pid\":"u8);
            sink.Decimal(e.Pid);
            sink.Raw(",\"task\":"u8);
            sink.Raw(task);
            sink.Raw(",\"event\":"u8);
            sink.Raw(name);
        }

        sink.Raw(",\"kind\":"u8);
        sink.Raw(Kinds[(int)e.Kind]);
        if (e.Device != 0)
        {
            sink.Raw(",\"device\":"u8);
            sink.Raw(device);
        }

        WriteOwn(e, text, exporter);
        sink.Raw("}\n"u8);
    }

    private protected override byte[] Shape(NameTable names, int id) => Quoted(names[id]);

    private static byte[] Quoted(string text) => [(byte)'"', .. JsonEncodedText.Encode(text, Encoder).EncodedUtf8Bytes, (byte)'"'];

    private void WriteHeader(RecordingHeader header)
    {
        using var line = new MemoryStream();
        using (var json = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = Encoder }))
        {
            json.WriteStartObject();
            json.WriteString("schema"u8, Schema);
            json.WriteString("format"u8, header.Format switch { RecordingFormat.TraceDat => "trace.dat", RecordingFormat.PerfData => "perf.data", _ => "text" });
            json.WriteString("time"u8, header.TimeIsNanoseconds ? "s" : "ticks");
            foreach (var (name, value) in (ReadOnlySpan<(string, string?)>)[("clock", header.Clock), ("kernel", header.KernelRelease), ("architecture", header.Architecture), ("host", header.HostName), ("recorder", header.Recorder)])
            {
                if (value is not null)
                    json.WriteString(name, value);
            }

            if (header.CpuCount > 0)
                json.WriteNumber("cpus"u8, header.CpuCount);
            if (_instances)
            {
                json.WriteStartArray("buffers"u8);
                foreach (string instance in header.Instances)
                    json.WriteStringValue(instance);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        Sink.Reserve((int)line.Length + 1);
        Sink.Raw(line.GetBuffer().AsSpan(0, (int)line.Length));
        Sink.Byte((byte)'\n');
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

    private void WriteOwn(in DmaEvent e, byte[] text, byte[] exporter)
    {
        switch (e.Kind)
        {
            case DmaEventKind.LostEvents:
                if (e.LostCount > 0)
                    Number(",\"lost\":"u8, e.LostCount);
                if (e.IsLostToEnd)
                    Sink.Raw(",\"to_end\":true"u8);
                return;
            case DmaEventKind.Unknown or DmaEventKind.Marker:
                if (text.Length > 0)
                {
                    Sink.Raw(",\"text\":"u8);
                    Sink.Raw(text);
                }

                return;
            case DmaEventKind.SwiotlbBounced:
                Address(",\"dma_mask\":\"0x"u8, e.DmaMask);
                Address(",\"dev_addr\":\"0x"u8, e.BouncedAddress);
                Number(",\"size\":"u8, e.Size);
                Sink.Raw(e.IsForced ? ",\"forced\":true"u8 : ",\"forced\":false"u8);
                return;
            case >= DmaEventKind.DmaBufExport:
                Sink.Raw(",\"exporter\":"u8);
                Sink.Raw(exporter);
                Number(",\"size\":"u8, e.Size);
                Number(",\"inode\":"u8, e.Inode);
                if (e.Kind is DmaEventKind.DmaBufFd or DmaEventKind.DmaBufGet)
                {
                    Sink.Raw(",\"fd\":"u8);
                    Sink.Decimal(e.FileDescriptor);
                }
                else if (e.Kind is DmaEventKind.DmaBufDynamicAttach or DmaEventKind.DmaBufDetach)
                {
                    Address(",\"attachment\":\"0x"u8, e.Attachment.Value);
                    Sink.Raw(e.IsDynamic ? ",\"dynamic\":true"u8 : ",\"dynamic\":false"u8);
                }

                return;
        }

        WriteDma(e, text);
    }

    private void WriteDma(in DmaEvent e, byte[] text)
    {
        if (e.HasDirection)
        {
            Sink.Raw(",\"dir\":\""u8);
            Sink.Raw(DirectionText(e));
            Sink.Byte((byte)'"');
        }

        bool isList = e.Kind is DmaEventKind.MapSg or DmaEventKind.MapSgErr or DmaEventKind.UnmapSg or DmaEventKind.SyncSgForCpu or DmaEventKind.SyncSgForDevice;
        if (!isList)
        {
            Address(",\"dma_addr\":\"0x"u8, e.DmaAddress.Value);
            Number(",\"size\":"u8, e.Size);
        }

        if (e.Kind is DmaEventKind.MapPage or DmaEventKind.MapResource)
            Address(",\"phys_addr\":\"0x"u8, e.PhysicalAddress.Value);
        if (e.Kind is DmaEventKind.Alloc or DmaEventKind.AllocPages or DmaEventKind.AllocSgtErr or DmaEventKind.Free or DmaEventKind.FreePages)
        {
            Address(",\"virt_addr\":\"0x"u8, e.VirtualAddress.Value);
            if (e.IsVirtualAddressHashed)
                Sink.Raw(",\"hashed\":true"u8);
        }

        if (e.Kind == DmaEventKind.MapSg)
        {
            Number(",\"nents\":"u8, (ulong)e.FullNents);
            Number(",\"ents\":"u8, (ulong)e.FullEnts);
            if (e.IsTruncated)
                Sink.Raw(",\"truncated\":true"u8);
        }

        if (e.Kind == DmaEventKind.MapSgErr)
        {
            Sink.Raw(",\"error\":"u8);
            Sink.Decimal(e.Error);
        }

        WriteLists(e);
        if (text.Length > 0)
        {
            Sink.Raw(",\"flags\":"u8);
            Sink.Raw(text);
        }
        else if (e.GfpFlags != 0)
        {
            Address(",\"flags\":\"0x"u8, e.GfpFlags);
        }

        if (e.Attributes != DmaAttributes.None)
        {
            Sink.Raw(",\"attrs\":\""u8);
            Sink.Raw(AttributesText(e.Attributes));
            Sink.Byte((byte)'"');
        }
    }

    private void WriteLists(in DmaEvent e)
    {
        if (e.PhysicalAddresses.Length > 0)
        {
            Sink.Raw(",\"phys_addrs\":["u8);
            for (int i = 0; i < e.PhysicalAddresses.Length; i++)
                Address(i == 0 ? "\"0x"u8 : ",\"0x"u8, e.PhysicalAddresses[i].Value);
            Sink.Byte((byte)']');
        }

        if (e.DmaAddresses.Length > 0)
        {
            Sink.Raw(",\"dma_addrs\":["u8);
            for (int i = 0; i < e.DmaAddresses.Length; i++)
                Address(i == 0 ? "\"0x"u8 : ",\"0x"u8, e.DmaAddresses[i].Value);
            Sink.Byte((byte)']');
        }

        if (e.Lengths.Length > 0)
        {
            Sink.Raw(",\"lengths\":["u8);
            for (int i = 0; i < e.Lengths.Length; i++)
                Number(i == 0 ? ""u8 : ","u8, e.Lengths[i]);
            Sink.Byte((byte)']');
        }
    }

    private void Address(ReadOnlySpan<byte> key, ulong value)
    {
        Sink.Raw(key);
        Sink.Hex(value);
        Sink.Byte((byte)'"');
    }

    private void Number(ReadOnlySpan<byte> key, ulong value)
    {
        Sink.Raw(key);
        Sink.Decimal(value);
    }
}
