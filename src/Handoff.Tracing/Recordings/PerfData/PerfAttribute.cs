using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.PerfData;

/// <summary>One recorded event of perf: what its samples hold, in which order.</summary>
/// <remarks>Kernel: <c>struct perf_event_attr</c> (<c>include/uapi/linux/perf_event.h</c>).</remarks>
internal sealed class PerfAttribute
{
    // Bits of sample_type.
    private const ulong Ip = 1 << 0, ThreadIds = 1 << 1, Time = 1 << 2, Address = 1 << 3, Read = 1 << 4, CallChain = 1 << 5, Id = 1 << 6, Cpu = 1 << 7,
        Period = 1 << 8, StreamId = 1 << 9, Raw = 1 << 10, Identifier = 1 << 16;

    // Bits of read_format.
    private const ulong TimeEnabled = 1, TimeRunning = 2, ReadId = 4, Group = 8, Lost = 16;
    private const int SmallestSize = 64; // PERF_ATTR_SIZE_VER0

    private readonly ulong _sampleType;
    private readonly ulong _readFormat;
    private readonly bool _bigEndian;

    private PerfAttribute(ulong sampleType, ulong readFormat, bool bigEndian)
    {
        _sampleType = sampleType;
        _readFormat = readFormat;
        _bigEndian = bigEndian;
    }

    /// <summary>Whether samples carry the record of a tracepoint.</summary>
    internal bool IsTracepoint { get; private init; }

    /// <summary>Whether other records end with when and where they were made.</summary>
    internal bool HasTrailer { get; private init; }

    internal bool HasTime => (_sampleType & Time) != 0;

    internal bool HasCpu => (_sampleType & Cpu) != 0;

    /// <summary>Whether a sample's first eight bytes are the id of its event.</summary>
    internal bool HasIdentifier => (_sampleType & Identifier) != 0;

    /// <summary>The clock that was asked for, or <see langword="null"/> for perf's own.</summary>
    internal string? Clock { get; private init; }

    /// <summary>Bytes of the structure that these bytes begin, 0 when they are too few.</summary>
    internal static int SizeOf(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        var cursor = new Cursor(bytes, bigEndian);
        cursor.U32();
        var size = cursor.U32();
        if (size == 0)
            size = SmallestSize;
        return size < SmallestSize || size > bytes.Length ? 0 : (int)size;
    }

    internal static PerfAttribute? Parse(ReadOnlySpan<byte> bytes, bool bigEndian)
    {
        if (SizeOf(bytes, bigEndian) == 0)
            return null;
        var cursor = new Cursor(bytes, bigEndian);
        var type = cursor.U32();
        cursor.Take(4 + 8 + 8);
        var sampleType = cursor.U64();
        var readFormat = cursor.U64();
        var flags = cursor.U64();
        // A C bit field: its first bit is the lowest on little-endian machines and the highest on big-endian ones.
        bool Flag(int bit) => ((flags >> (bigEndian ? 63 - bit : bit)) & 1) != 0;
        string? clock = null;
        if (Flag(25) && bytes.Length >= 96)
        {
            var rest = new Cursor(bytes[92..], bigEndian);
            clock = (int)rest.U32() switch { 0 => "realtime", 1 => "mono", 4 => "mono_raw", 7 => "boot", 11 => "tai", var other => $"clock {other}" };
        }

        return new PerfAttribute(sampleType, readFormat, bigEndian) { IsTracepoint = type == 2, HasTrailer = Flag(18), Clock = clock };
    }

    /// <summary>The id of the event a sample belongs to, when it has one that can be found without knowing the event.</summary>
    internal ulong IdOf(ReadOnlySpan<byte> body)
    {
        var cursor = new Cursor(body, _bigEndian);
        if (HasIdentifier)
            return cursor.U64();
        if ((_sampleType & Id) == 0)
            return 0;
        Skip(ref cursor, Ip);
        Skip(ref cursor, ThreadIds);
        Skip(ref cursor, Time);
        Skip(ref cursor, Address);
        return cursor.U64();
    }

    /// <summary>Takes a sample apart.</summary>
    /// <param name="body">The record without its header.</param>
    /// <param name="sample">Where it came from.</param>
    /// <param name="raw">The tracepoint's record; nothing when the sample has none.</param>
    /// <returns>False when the sample is cut off.</returns>
    internal bool TryParse(ReadOnlySpan<byte> body, out PerfSample sample, out ReadOnlySpan<byte> raw)
    {
        sample = default;
        raw = default;
        var cursor = new Cursor(body, _bigEndian);
        if (HasIdentifier)
            sample.Id = cursor.U64();
        Skip(ref cursor, Ip);
        if ((_sampleType & ThreadIds) != 0)
        {
            cursor.U32();
            sample.Thread = (int)cursor.U32();
        }

        if (HasTime)
            sample.Time = cursor.U64();
        Skip(ref cursor, Address);
        Skip(ref cursor, Id);
        Skip(ref cursor, StreamId);
        if (HasCpu)
        {
            sample.Cpu = (int)Math.Min(cursor.U32(), RecordingHeader.MostCpus - 1);
            cursor.U32();
        }

        Skip(ref cursor, Period);
        if ((_sampleType & Read) != 0)
            SkipRead(ref cursor);
        if ((_sampleType & CallChain) != 0)
        {
            var depth = cursor.U64();
            cursor.Take(depth > ushort.MaxValue ? ulong.MaxValue : depth * 8);
        }

        if ((_sampleType & Raw) != 0)
            raw = cursor.Take(cursor.U32());
        return !cursor.Failed;
    }

    /// <summary>Reads what every other record ends with.</summary>
    internal PerfSample Trailer(ReadOnlySpan<byte> body)
    {
        PerfSample sample = default;
        if (!HasTrailer)
            return sample;
        var size = 0;
        foreach (var bit in (ReadOnlySpan<ulong>)[ThreadIds, Time, Id, StreamId, Cpu, Identifier])
            size += (_sampleType & bit) != 0 ? 8 : 0;
        if (size > body.Length)
            return sample;
        var cursor = new Cursor(body[^size..], _bigEndian);
        if ((_sampleType & ThreadIds) != 0)
        {
            cursor.U32();
            sample.Thread = (int)cursor.U32();
        }

        if (HasTime)
            sample.Time = cursor.U64();
        Skip(ref cursor, Id);
        Skip(ref cursor, StreamId);
        if (HasCpu)
            sample.Cpu = (int)Math.Min(cursor.U32(), RecordingHeader.MostCpus - 1);
        return sample;
    }

    private void Skip(ref Cursor cursor, ulong bit)
    {
        if ((_sampleType & bit) != 0)
            cursor.Take(8);
    }

    private void SkipRead(ref Cursor cursor)
    {
        var values = 1UL;
        ulong each = 1 + ((_readFormat & ReadId) != 0 ? 1UL : 0) + ((_readFormat & Lost) != 0 ? 1UL : 0);
        if ((_readFormat & Group) != 0)
            values = Math.Min(cursor.U64(), 1 << 16);
        ulong times = ((_readFormat & TimeEnabled) != 0 ? 1UL : 0) + ((_readFormat & TimeRunning) != 0 ? 1UL : 0);
        cursor.Take(8 * (times + (values * each)));
    }
}
