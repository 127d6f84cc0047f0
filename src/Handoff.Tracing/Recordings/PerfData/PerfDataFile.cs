using System.Globalization;
using System.Text;
using Handoff.Tracing.Recordings.Formats;
using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>The part of a perf.data that is not events: header, what samples hold, features.</summary>
/// <remarks>Tools: <c>tools/perf/Documentation/perf.data-file-format.txt</c>.</remarks>
internal sealed class PerfDataFile(RecordingReader reader, ByteSource source)
{
    private const int HeaderSize = 104;
    private const int PipeHeaderSize = 16;
    private const int MaximumAttributes = 1 << 16;
    private const int MaximumFeature = 64 << 20;
    private const int TracingData = 1, HostName = 3, Release = 4, Version = 5, Machine = 6, Cpus = 7;

    private readonly Dictionary<ulong, PerfAttribute> _byId = [];
    private PerfAttribute? _first;
    private bool _hasFormats;
    private bool _allTracepoints = true;

    internal RecordingMetadata Metadata { get; } = new(reader);

    internal bool BigEndian { get; private set; }

    /// <summary>Where records are; empty when there are none to be read.</summary>
    internal long Start { get; private set; }

    internal long End { get; private set; }

    private DiagnosticBag Bag => reader.Bag;

    private RecordingHeader Header => reader.Header;

    internal void Open()
    {
        Header.Format = RecordingFormat.PerfData;
        Header.FormatVersion = 2;
        Header.Clock = "perf";
        Span<byte> head = stackalloc byte[HeaderSize];
        var got = source.ReadAt(0, head);
        BigEndian = Header.IsBigEndian = head.StartsWith("2ELIFREP"u8) == BitConverter.IsLittleEndian;
        var cursor = new Cursor(head[..got], BigEndian);
        cursor.U64();
        var size = cursor.U64();
        if (size == PipeHeaderSize)
        {
            (Start, End) = (PipeHeaderSize, source.Length);
            return;
        }

        var attributeSize = cursor.U64();
        ulong attributes = cursor.U64(), attributesSize = cursor.U64(), data = cursor.U64(), dataSize = cursor.U64();
        cursor.Take(16); // event types, no longer written
        Span<ulong> features = [cursor.U64(), cursor.U64(), cursor.U64(), cursor.U64()];
        if (cursor.Failed)
        {
            Bag.Error("HT0300", 0, "the file ends within its header");
            return;
        }

        ReadAttributes((long)Math.Min(attributes, long.MaxValue), attributesSize, attributeSize);
        Start = (long)Math.Min(data, long.MaxValue);
        if (dataSize == 0 && source.Length > Start)
        {
            Bag.Error("HT0309", 0, "perf record did not end properly: the header says nothing about events and formats", "record again, and end with Ctrl-C");
            (Start, End) = (0, 0);
            return;
        }

        var there = source.Available(Start, dataSize);
        if ((ulong)there < dataSize)
            Bag.Error("HT0304", Start, $"{dataSize} bytes of records are announced, {there} are in the file", "the recording was cut short; its formats were behind the records");
        End = Start + there;
        ReadFeatures(features, (long)Math.Min((ulong)Start + dataSize, long.MaxValue));
    }

    /// <summary>To be called before the first sample: settles the formats.</summary>
    internal void Complete()
    {
        if (!_hasFormats)
            Bag.Error("HT0302", -1, "the file has no event formats", "were tracepoints recorded? perf record -e 'dma:*' -e 'swiotlb:*' -a");
        Metadata.Complete(Header.LongSize);
        Header.LongSize = Metadata.LongSize;
    }

    /// <summary>What the sample holds, or <see langword="null"/> when its event is unknown.</summary>
    internal PerfAttribute? AttributeOf(ReadOnlySpan<byte> body)
    {
        if (_first is null || _byId.Count == 0)
            return _first;
        // Events of one recording have their ids in the same place.
        return _byId.GetValueOrDefault(_first.IdOf(body)) ?? (_allTracepoints ? _first : null);
    }

    /// <summary>What records that are no samples end with.</summary>
    internal PerfSample Trailer(ReadOnlySpan<byte> body) => _first?.Trailer(body) ?? default;

    /// <summary>Pipes: an event's description.</summary>
    internal void AddAttribute(ReadOnlySpan<byte> body, long offset)
    {
        var size = PerfAttribute.SizeOf(body, BigEndian);
        if (size == 0 || PerfAttribute.Parse(body[..size], BigEndian) is not { } attribute)
            Bag.Error("HT0301", offset, "the description of an event is damaged");
        else
            AddAttribute(attribute, body[size..]);
    }

    /// <summary>A feature's bytes.</summary>
    internal void AddFeature(int feature, ReadOnlySpan<byte> bytes, long offset)
    {
        var cursor = new Cursor(bytes, BigEndian);
        switch (feature)
        {
            case TracingData:
                ReadTracingData(bytes, offset);
                break;
            case HostName:
                Header.HostName = Text(ref cursor);
                break;
            case Release:
                Header.KernelRelease = Text(ref cursor);
                break;
            case Version:
                Header.Recorder = "perf " + Text(ref cursor);
                break;
            case Machine:
                Header.Architecture = Text(ref cursor);
                break;
            case Cpus:
                Header.CpuCount = (int)Math.Min(cursor.U32(), ushort.MaxValue);
                break;
        }
    }

    private static string Text(ref Cursor cursor)
    {
        var bytes = cursor.Take(cursor.U32());
        var end = bytes.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? bytes : bytes[..end]);
    }

    private void ReadAttributes(long offset, ulong size, ulong each)
    {
        if (each is < 80 or > 4096 || size % each != 0 || size / each > MaximumAttributes || source.Available(offset, size) < (long)size)
        {
            Bag.Error("HT0301", 24, $"the descriptions of events are damaged ({size} bytes at {offset}, {each} each)");
            return;
        }

        var bytes = new byte[size];
        source.ReadAt(offset, bytes);
        ulong allIds = 0;
        for (var at = 0; at < bytes.Length; at += (int)each)
        {
            var entry = bytes.AsSpan(at, (int)each);
            var place = new Cursor(entry[^16..], BigEndian);
            ulong ids = place.U64(), idsSize = place.U64();
            if (PerfAttribute.Parse(entry[..^16], BigEndian) is not { } attribute || idsSize > MaximumAttributes * 8 || source.Available((long)Math.Min(ids, long.MaxValue), idsSize) < (long)idsSize)
            {
                Bag.Error("HT0301", offset + at, "the description of an event is damaged");
                continue;
            }

            allIds += idsSize;
            if (allIds > MaximumAttributes * 16 * sizeof(ulong))
            {
                Bag.Error("HT0301", offset + at, "the descriptions of events have too many ids");
                break;
            }

            var idBytes = new byte[idsSize];
            source.ReadAt((long)ids, idBytes);
            AddAttribute(attribute, idBytes);
        }
    }

    private void AddAttribute(PerfAttribute attribute, ReadOnlySpan<byte> ids)
    {
        _first ??= attribute;
        _allTracepoints &= attribute.IsTracepoint;
        if (attribute.Clock is { } clock)
            Header.Clock = clock;
        var cursor = new Cursor(ids, BigEndian);
        while (cursor.Remaining >= 8 && _byId.Count < MaximumAttributes * 16)
            _byId[cursor.U64()] = attribute;
    }

    /// <summary>Feature sections: a table behind the records, one entry for each bit that is set.</summary>
    private void ReadFeatures(ReadOnlySpan<ulong> bits, long table)
    {
        Span<byte> entry = stackalloc byte[16];
        for (var feature = 0; feature < 256; feature++)
        {
            if (((bits[feature / 64] >> (feature % 64)) & 1) == 0)
                continue;
            var got = source.ReadAt(table, entry);
            var place = new Cursor(entry[..got], BigEndian);
            ulong offset = place.U64(), size = place.U64();
            table += 16;
            if (feature is not (TracingData or HostName or Release or Version or Machine or Cpus))
                continue;
            if (place.Failed || size > MaximumFeature || source.Available((long)Math.Min(offset, long.MaxValue), size) < (long)size)
            {
                Bag.Error("HT0303", table - 16, $"part {feature} of the header is cut off or too large", "the recording was cut short");
                continue;
            }

            var bytes = new byte[size];
            source.ReadAt((long)offset, bytes);
            AddFeature(feature, bytes, (long)offset);
        }
    }

    /// <summary>What trace.dat begins with, too.</summary>
    private void ReadTracingData(ReadOnlySpan<byte> bytes, long offset)
    {
        var head = new Cursor(bytes, false);
        var magic = head.Take(10);
        var version = head.Text();
        var bigEndian = head.U8() == 1;
        var longSize = head.U8();
        if (head.Failed || !magic.StartsWith((ReadOnlySpan<byte>)[0x17, 0x08, 0x44]) || bigEndian != BigEndian)
        {
            Bag.Error("HT0303", offset, "the formats of events are damaged");
            return;
        }

        Header.LongSize = longSize;
        var cursor = new Cursor(bytes[head.Position..], bigEndian);
        Header.PageSize = (int)Math.Min(cursor.U32(), 1 << 24);
        var ok = Metadata.ReadHeaders(ref cursor) && Metadata.ReadFtraceFormats(ref cursor) && Metadata.ReadEventFormats(ref cursor);
        _hasFormats = ok;
        if (ok)
        {
            var symbols = cursor.Take(cursor.U32()).ToArray();
            Metadata.Symbols = new TraceDat.KernelSymbols(() => symbols);
            Metadata.PrintkFormats.Add(cursor.Take(cursor.U32()));
            if (double.TryParse(version, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number >= 0.6)
                Metadata.ReadTasks(cursor.Take(cursor.U64()));
        }

        if (!ok || cursor.Failed)
            Bag.Error("HT0303", offset + head.Position + cursor.Position, "the formats of events are incomplete or damaged", "what could be read of them is used");
    }
}
