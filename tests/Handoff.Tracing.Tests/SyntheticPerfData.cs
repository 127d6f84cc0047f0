using System.Text;
using ZstdSharp.Unsafe;

namespace Handoff.Tracing.Tests;

/// <summary>
/// Writes perf.data as its documentation describes it, independently of the reader: files and pipes, both byte orders, any sample layout,
/// compressed records. The formats of events come from a trace.dat of version 6, which describes them in the same way.
/// </summary>
internal sealed class SyntheticPerfData(bool bigEndian, byte[] traceDat)
{
    internal const ulong Ip = 1, Ids = 2, Time = 4, Address = 8, Read = 16, CallChain = 32, Id = 64, Cpu = 128, Period = 256, StreamId = 512, Raw = 1024, Identifier = 1 << 16;

    internal const ulong Usual = Ip | Ids | Time | Cpu | Period | Raw | Identifier;

    private readonly List<byte> _records = [];
    private readonly List<(ulong SampleType, ulong ReadFormat, uint Type, ulong[] Ids)> _events = [];

    internal List<byte> Records => _records;

    internal uint PageSize { get; init; } = 4096;

    internal byte LongSize { get; init; } = 8;

    /// <summary>Declares an event; every sample type of one file must be the same where it says where ids are.</summary>
    internal void Event(ulong sampleType, ulong[] ids, ulong readFormat = 0, uint type = 2) => _events.Add((sampleType, readFormat, type, ids));

    internal void Sample(ulong time, int cpu, int thread, ulong id, byte[] raw, int callChain = 3, int groupSize = 2)
    {
        var (sampleType, readFormat, _, _) = _events.Single(e => e.Ids.Contains(id));
        List<byte> body = [];
        void Part(ulong bit, params byte[] bytes)
        {
            if ((sampleType & bit) != 0)
                body.AddRange(bytes);
        }

        Part(Identifier, U64(id));
        Part(Ip, U64(0xffffffff81234567));
        Part(Ids, [.. U32(1000), .. U32((uint)thread)]);
        Part(Time, U64(time));
        Part(Address, U64(0xdead));
        Part(Id, U64(id));
        Part(StreamId, U64(id));
        Part(Cpu, [.. U32((uint)cpu), .. U32(0xabcdef)]);
        Part(Period, U64(1));
        if ((sampleType & Read) != 0)
        {
            var values = 1;
            if ((readFormat & 8) != 0)
            {
                values = groupSize;
                body.AddRange(U64((ulong)groupSize));
            }

            // With a group, the times come before the values; alone, the value comes first. All are eight bytes, so the order does not show.
            var each = 1 + (int)((readFormat >> 2) & 1) + (int)((readFormat >> 4) & 1);
            var times = (int)(readFormat & 1) + (int)((readFormat >> 1) & 1);
            for (var i = 0; i < times + (values * each); i++)
                body.AddRange(U64(0x7777));
        }

        if ((sampleType & CallChain) != 0)
        {
            body.AddRange(U64((ulong)callChain));
            for (var i = 0; i < callChain; i++)
                body.AddRange(U64(0xffffffff80000000 + (ulong)i));
        }

        if ((sampleType & Raw) != 0)
        {
            // The size counts the padding, so that size word and bytes together are a multiple of eight.
            var size = ((raw.Length + 4 + 7) & ~7) - 4;
            body.AddRange([.. U32((uint)size), .. raw, .. new byte[size - raw.Length]]);
        }

        Record(9, body);
    }

    internal void Comm(ulong time, int thread, string name)
    {
        var padded = (name.Length + 1 + 7) & ~7;
        Record(3, [.. U32(1000), .. U32((uint)thread), .. Encoding.UTF8.GetBytes(name), .. new byte[padded - name.Length], .. Trailer(time, 0, thread)]);
    }

    internal void Fork(ulong time, int thread, int parent) =>
        Record(7, [.. U32(1000), .. U32(1000), .. U32((uint)thread), .. U32((uint)parent), .. U64(time), .. Trailer(time, 0, thread)]);

    internal void Lost(ulong time, int cpu, ulong count) => Record(2, [.. U64(_events[0].Ids[0]), .. U64(count), .. Trailer(time, cpu, 0)]);

    internal void LostSamples(ulong time, int cpu, ulong count) => Record(13, [.. U64(count), .. Trailer(time, cpu, 0)]);

    internal void FinishedRound() => Record(68, []);

    internal void Record(uint type, List<byte> body) => _records.AddRange([.. U32(type), .. U16(0), .. U16(body.Count + 8), .. body]);

    /// <summary>Replaces the records from a position on by compressed ones, cut at any byte; all of a file are one compressed stream.</summary>
    internal unsafe void Compress(int from, int piece, bool withSize)
    {
        var plain = _records.GetRange(from, _records.Count - from).ToArray();
        _records.RemoveRange(from, _records.Count - from);
        var packed = new byte[60 << 10];
        var context = Methods.ZSTD_createCCtx();
        for (var at = 0; at < plain.Length; at += piece)
        {
            fixed (byte* bytes = plain, to = packed)
            {
                var input = new ZSTD_inBuffer_s { src = bytes + at, size = (nuint)Math.Min(piece, plain.Length - at), pos = 0 };
                var output = new ZSTD_outBuffer_s { dst = to, size = (nuint)packed.Length, pos = 0 };
                // perf flushes before it writes a record, but never ends the stream.
                Assert.Equal((nuint)0, Methods.ZSTD_compressStream2(context, &output, &input, ZSTD_EndDirective.ZSTD_e_flush));
                var size = (int)output.pos;
                if (withSize)
                    Record(83, [.. U64((ulong)size), .. packed[..size], .. new byte[(8 - (size % 8)) % 8]]);
                else
                    Record(81, [.. packed[..size]]);
            }
        }

        _ = Methods.ZSTD_freeCCtx(context);
    }

    /// <summary>A file as perf record writes it when it ends.</summary>
    internal byte[] File(bool withFormats = true)
    {
        const int headerSize = 104, attributeSize = 128 + 16;
        List<byte> ids = [], attributes = [];
        foreach (var e in _events)
        {
            attributes.AddRange([.. Attribute(e), .. U64((ulong)(headerSize + ids.Count)), .. U64((ulong)e.Ids.Length * 8)]);
            foreach (var id in e.Ids)
                ids.AddRange(U64(id));
        }

        var data = headerSize + ids.Count + attributes.Count;
        List<(int Feature, byte[] Bytes)> features = withFormats ? [(1, TracingData())] : [];
        features.AddRange([(3, Text("box")), (4, Text("6.12.117")), (5, Text("6.1.9")), (6, Text("aarch64")), (7, [.. U32(4), .. U32(2)]), (11, [1, 2, 3])]);
        var bits = features.Aggregate(0UL, static (all, f) => all | (1UL << f.Feature));
        List<byte> file = [.. U64(0x32454c4946524550), .. U64(headerSize), .. U64(attributeSize), .. U64((ulong)(headerSize + ids.Count)), .. U64((ulong)attributes.Count),
            .. U64((ulong)data), .. U64((ulong)_records.Count), .. U64(0), .. U64(0), .. U64(bits), .. U64(0), .. U64(0), .. U64(0), .. ids, .. attributes, .. _records];
        var place = file.Count + (features.Count * 16);
        foreach (var (_, bytes) in features)
        {
            file.AddRange([.. U64((ulong)place), .. U64((ulong)bytes.Length)]);
            place += bytes.Length;
        }

        foreach (var (_, bytes) in features)
            file.AddRange(bytes);
        return [.. file];
    }

    /// <summary>What perf record -o - writes.</summary>
    internal byte[] Pipe()
    {
        var records = _records.ToArray();
        _records.Clear();
        foreach (var e in _events)
            Record(64, [.. Attribute(e), .. e.Ids.SelectMany(U64)]);
        Record(80, [.. U64(4), .. Text("6.12.117")]);
        var formats = TracingData();
        Record(66, [.. U32((uint)formats.Length)]);
        _records.AddRange([.. formats, .. new byte[(8 - (formats.Length % 8)) % 8]]);
        Record(71, [.. U64(40), .. new byte[32]]); // a hardware trace, its bytes behind it
        _records.AddRange(Enumerable.Repeat((byte)0xff, 40));
        _records.AddRange(records);
        return [.. U64(0x32454c4946524550), .. U64(16), .. _records];
    }

    private byte[] Attribute((ulong SampleType, ulong ReadFormat, uint Type, ulong[] Ids) e)
    {
        // Bit 18 of a C bit field: sample_id_all.
        var flags = bigEndian ? 1UL << (63 - 18) : 1UL << 18;
        return [.. U32(e.Type), .. U32(128), .. U64(301), .. U64(1), .. U64(e.SampleType), .. U64(e.ReadFormat), .. U64(flags), .. new byte[128 - 48]];
    }

    private byte[] TracingData()
    {
        var end = traceDat.AsSpan().IndexOf("options  \0"u8) - 4;
        return [0x17, 0x08, 0x44, .. "tracing0.6\0"u8, (byte)(bigEndian ? 1 : 0), LongSize, .. U32(PageSize), .. traceDat.AsSpan(18..end)];
    }

    private List<byte> Trailer(ulong time, int cpu, int thread)
    {
        var sampleType = _events[0].SampleType;
        List<byte> all = [];
        foreach (var (bit, bytes) in ((ulong, byte[])[])[(Ids, [.. U32(1000), .. U32((uint)thread)]), (Time, U64(time)), (Id, U64(5)), (StreamId, U64(5)), (Cpu, [.. U32((uint)cpu), .. U32(0)]), (Identifier, U64(5))])
        {
            if ((sampleType & bit) != 0)
                all.AddRange(bytes);
        }

        return all;
    }

    private byte[] Text(string text) => [.. U32((uint)((text.Length + 64) & ~63)), .. Encoding.ASCII.GetBytes(text), .. new byte[((text.Length + 64) & ~63) - text.Length]];

    private byte[] U16(int value) => Ordered(BitConverter.GetBytes((ushort)value));

    private byte[] U32(uint value) => Ordered(BitConverter.GetBytes(value));

    private byte[] U64(ulong value) => Ordered(BitConverter.GetBytes(value));

    private byte[] Ordered(byte[] bytes)
    {
        if (bigEndian == BitConverter.IsLittleEndian)
            Array.Reverse(bytes);
        return bytes;
    }
}
