using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Handoff.Tracing.Recordings.Formats;
using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>The part of a trace.dat that is read before its events: prefix, sections, options, and where each CPU's pages are.</summary>
internal sealed class TraceDatFile(RecordingReader reader, ByteSource source) : IDisposable
{
    private const int MaximumCpus = RecordingHeader.MostCpus;
    private const int UsualOptions = 512 << 10; // bytes; also enough for a table of CPU data
    private const int MaximumBuffers = 1 << 10;
    private const long MaximumPages = 192 << 20; // bytes of one page of every CPU
    private const int MaximumOptionSections = 1 << 10;
    private const int MemoryForReadAhead = 64 << 20;

    private readonly List<BufferPlace> _buffers = [];
    private readonly CpuStatTexts _cpuStats = new();
    private readonly HashSet<long> _visited = [];
    private readonly HashSet<int> _loaded = []; // sections that were read
    private readonly List<BufferPlace> _doubtful = []; // from options that do not fit the file
    private readonly List<WalkedSection> _unindexed = []; // buffers that no option describes
    private readonly SectionReader _reader = new(source, reader.Bag);
    private bool _big;
    private bool _indexIsBroken;
    private uint _multiplier;
    private int _shift;
    private ulong _clockOffset;
    private int _cpuCount;

    internal RecordingMetadata Metadata { get; } = new(reader);

    internal List<CpuStream> Streams { get; } = [];

    /// <summary>CPUs of which no data are there, though there were some, or may have been.</summary>
    internal List<CpuStatistics> Missing { get; } = [];

    internal long TextOffset { get; private set; } = -1;

    internal long DataBytes { get; private set; }

    private RecordingHeader Header => reader.Header;

    private DiagnosticBag Bag => reader.Bag;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal ulong ToNanoseconds(ulong time) => _multiplier == 0 ? time : Scale(time);

    private ulong Scale(ulong time) => (ulong)(((UInt128)time * _multiplier) >> _shift) + _clockOffset;

    internal void Open()
    {
        var head = new byte[(int)Math.Min(source.Length, 4096)];
        source.ReadAt(0, head);
        var cursor = new Cursor(head, false);
        cursor.Take(10);
        var version = cursor.Text();
        Header.Format = RecordingFormat.TraceDat;
        _ = int.TryParse(version, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        Header.FormatVersion = number;
        _reader.BigEndian = _big = Header.IsBigEndian = cursor.U8() == 1;
        Header.LongSize = cursor.U8();
        var rest = new Cursor(head.AsSpan(cursor.Position), _big);
        Header.PageSize = (int)Math.Min(rest.U32(), PageShape.MaximumPageSize);
        if (cursor.Failed || rest.Failed)
        {
            Bag.Error("HT0100", 0, "the file ends within its first fields");
        }
        else if (number == 7)
        {
            OpenSections(ref rest, cursor.Position);
        }
        else if (number == 6)
        {
            OpenSequential(cursor.Position + 4);
        }
        else
        {
            Bag.Error("HT0101", 10, $"version {version} of trace.dat is unknown", "versions 6 and 7 are read; trace-cmd convert makes one of them");
        }

        Metadata.Complete(Header.LongSize);
        Header.LongSize = Metadata.LongSize;
        if (_multiplier != 0)
            Header.TimeIsNanoseconds = true;
        else if (Header.Clock is "counter" or "uptime" or "x86-tsc" or "ppc-tb" or "s390-tod")
            Header.TimeIsNanoseconds = false;
        MakeStreams();
        _cpuStats.Apply(Header, reader.Statistics);
    }

    public void Dispose() => _reader.Unpacker?.Dispose();

    private void OpenSections(ref Cursor cursor, int place)
    {
        var compression = cursor.Text();
        cursor.Text();
        Header.InnerCompression = compression.Length == 0 ? "none" : compression;
        if (compression is "zstd" or "zlib")
            _reader.Unpacker = new SectionUnpacker(compression == "zstd");
        else if (compression is not ("none" or ""))
            Bag.Error("HT0102", -1, $"compression {compression} is unknown", "trace-cmd convert --compression none makes a readable file");
        var options = (long)cursor.U64();
        if (cursor.Failed)
            Bag.Error("HT0100", 0, "the file ends within its first fields");
        var index = options;
        _indexIsBroken = options <= 0;
        for (var i = 0; i < MaximumOptionSections && options > 0 && _visited.Add(options); i++)
        {
            var body = _reader.Read(options, SectionHeader.Options);
            _indexIsBroken |= body is null;
            if (body is null)
                break;
            var at = options;
            options = Options(new Cursor(body, _big), at + SectionHeader.Length, version7: true);
        }

        _indexIsBroken |= options != 0;
        if (_indexIsBroken || (_buffers.Count == 0 && TextOffset < 0))
            Walk(place + cursor.Position, index);
        if (!_loaded.Contains(SectionHeader.EventFormats))
            Bag.Error("HT0104", -1, "the file has no event formats", "events are counted as unknown; was the recording ended properly?");
    }

    /// <summary>Uses what sections there are, whatever options say or do not say: what the index should have named is found by walking.</summary>
    private void Walk(long start, long index)
    {
        var found = 0;
        foreach (var section in new SectionWalk(source, _big).From(start))
        {
            var (at, id) = (section.Header.Offset, section.Header.Id);
            found++;
            switch (id)
            {
                case SectionHeader.Options when _visited.Add(at):
                    if (_reader.Read(at, id) is { } body)
                        Options(new Cursor(body, _big), at + SectionHeader.Length, version7: true);
                    break;
                case SectionHeader.Buffer when HasRoomForBuffer(at):
                    _unindexed.Add(section);
                    break;
                case SectionHeader.Symbols:
                    SetSymbols(at);
                    break;
                case >= SectionHeader.Headers and <= SectionHeader.Tasks when !_loaded.Contains(id):
                    Load(id, at);
                    break;
                case SectionHeader.Text when TextOffset < 0:
                    TextOffset = at + SectionHeader.Length;
                    break;
            }
        }

        _unindexed.RemoveAll(section => _buffers.Exists(buffer => buffer.Offset == section.Header.Offset));
        if (found == 0 || !(_indexIsBroken || _unindexed.Count > 0))
            return;
        List<string> unknown = [];
        if (Header.Clock is null)
            unknown.Add("the clock (nanoseconds are assumed)");
        if (_cpuCount == 0)
            unknown.Add("the number of CPUs");
        if (Header.KernelRelease is null)
            unknown.Add("the kernel");
        if (_cpuStats.IsEmpty)
            unknown.Add("how many events the kernel lost");
        Bag.Error(
            "HT0112", index > 0 ? Math.Min(index, source.Length) : start, $"the options, which say where everything is, are incomplete or damaged; {found} sections were found by walking through the file",
            "the recording was cut short or not ended properly; what is there is used" + (unknown.Count == 0 ? "" : "; not known: " + string.Join(", ", unknown)));
    }

    /// <summary>Adds the buffers that no option describes. Pages and CPUs are known by now.</summary>
    private void FindBuffers(PageShape shape)
    {
        var search = new BufferSearch(source, shape, Header, _cpuStats.CpusWithEvents(_cpuCount), Bag);
        var inOrder = _doubtful.Count == _unindexed.Count;
        for (var i = 0; i < _unindexed.Count; i++)
        {
            var section = _unindexed[i];
            var option = _doubtful.Find(buffer => buffer.Offset == section.Header.Offset) ?? (inOrder ? _doubtful[i] : null);
            _buffers.Add(search.Find(section, option, _buffers.Count(buffer => buffer.Offset < section.Header.Offset)));
        }

        if (_unindexed.Count == 0)
            _buffers.AddRange(_doubtful);
        else
            _buffers.Sort(static (a, b) => a.Offset.CompareTo(b.Offset));
    }

    /// <summary>Reads options; returns where the next section of options is, 0 for none.</summary>
    private long Options(Cursor cursor, long place, bool version7)
    {
        while (cursor.Remaining >= 2)
        {
            var at = place + cursor.Position;
            var id = cursor.U16();
            if (id == 0 && !version7)
                return 0;
            var size = cursor.U32();
            var data = cursor.Take(size);
            if (cursor.Failed)
            {
                Bag.Error("HT0106", at, $"option {id} runs over the end of its section");
                break;
            }

            var body = new Cursor(data, _big);
            if (id == 0)
                return (long)body.U64();
            Option(id, data, ref body, at, version7);
        }

        _indexIsBroken = true; // nothing says that this is all
        return 0;
    }

    private void Option(int id, ReadOnlySpan<byte> data, ref Cursor body, long at, bool version7)
    {
        switch (id)
        {
            case 2:
                _cpuStats.Add(Encoding.UTF8.GetString(data));
                break;
            case 3:
                Buffer(ref body, at, version7);
                break;
            case 4:
                var clocks = Encoding.UTF8.GetString(data);
                var open = clocks.IndexOf('[', StringComparison.Ordinal);
                var close = clocks.IndexOf(']', StringComparison.Ordinal);
                if (open >= 0 && close > open)
                    Header.Clock = clocks[(open + 1)..close];
                break;
            case 5:
                var words = Encoding.UTF8.GetString(data.TrimEnd((byte)0)).Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (words.Length >= 3)
                {
                    Header.HostName = words[1];
                    Header.KernelRelease = words[2];
                    Header.Architecture = words.Length > 3 ? words[^1] : null;
                }

                break;
            case 8:
                _cpuCount = (int)Math.Min(body.U32(), MaximumCpus);
                Header.CpuCount = _cpuCount;
                break;
            case 9:
                Header.Recorder = "trace-cmd " + Encoding.UTF8.GetString(data.TrimEnd((byte)0)).Trim();
                break;
            case 14:
                _multiplier = body.U32();
                _shift = (int)Math.Min(body.U32(), 63);
                _clockOffset = body.U64();
                break;
            case 16 or 17 or 18 or 20 or 21 when version7:
                Load(id, (long)body.U64());
                break;
            case 19 when version7:
                SetSymbols((long)body.U64());
                break;
            case 22 when version7:
                TextOffset = (long)body.U64() + 16;
                break;
        }
    }

    private void SetSymbols(long offset) =>
        Metadata.Symbols = new KernelSymbols(() => _reader.Read(offset, SectionHeader.Symbols) is { Length: > 4 } text ? text.AsMemory(4) : default);

    private void Load(int id, long offset)
    {
        if (_reader.Read(offset, id) is not { } bytes)
        {
            _indexIsBroken = true;
            return;
        }

        _loaded.Add(id);
        var cursor = new Cursor(bytes, _big);
        if (!Piece(id, ref cursor))
            Bag.Error("HT0107", offset, $"section {id} is incomplete or damaged", "what could be read of it is used");
    }

    private bool Piece(int id, ref Cursor cursor)
    {
        switch (id)
        {
            case 16:
                return Metadata.ReadHeaders(ref cursor);
            case 17:
                return Metadata.ReadFtraceFormats(ref cursor);
            case 18:
                return Metadata.ReadEventFormats(ref cursor);
            case 20:
                Metadata.PrintkFormats.Add(cursor.Take(cursor.U32()));
                break;
            case 21:
                Metadata.ReadTasks(cursor.Take(cursor.U64()));
                break;
        }

        return !cursor.Failed;
    }

    private void Buffer(ref Cursor body, long at, bool version7)
    {
        var offset = (long)body.U64();
        var name = body.Text();
        if (!version7)
        {
            // A named buffer of version 6: its own block of the ten-byte-tag kind.
            if (offset > 0 && _visited.Add(offset) && HasRoomForBuffer(at))
                _buffers.Add(new BufferPlace(name, offset, 0, false, []));
            return;
        }

        if (!HasRoomForBuffer(at))
            return;

        var clock = body.Text();
        var pageSize = body.U32();
        var cpus = body.U32();
        if (clock.Length > 0)
            Header.Clock ??= clock;
        var places = new List<CpuPlace>();
        for (uint i = 0; i < cpus && !body.Failed && places.Count < MaximumCpus; i++)
        {
            var cpu = body.U32();
            var data = body.U64();
            var size = body.U64();
            if (!body.Failed)
                places.Add(new CpuPlace((int)Math.Min(cpu, MaximumCpus - 1), (long)Math.Min(data, long.MaxValue), (long)Math.Min(size, long.MaxValue)));
        }

        var packed = SectionHeader.TryRead(source, offset, _big, out var section) && section.IsPacked;
        var place = new BufferPlace(name, offset, (int)Math.Min(pageSize, PageShape.MaximumPageSize), packed, places);
        if (!body.Failed && place.Fits(section, source, _big))
        {
            _buffers.Add(place);
            return;
        }

        Bag.Error("HT0106", at, body.Failed ? "a buffer option is cut off" : "a buffer option does not fit the buffer that it names");
        _doubtful.Add(place);
        _indexIsBroken = true;
    }

    private bool HasRoomForBuffer(long at)
    {
        if (_buffers.Count + _doubtful.Count + _unindexed.Count < MaximumBuffers)
            return true;
        Bag.Error("HT0106", at, $"more than {MaximumBuffers} buffers; this one is left out");
        return false;
    }

    /// <summary>Version 6: everything in order.</summary>
    private void OpenSequential(long start)
    {
        // The metadata is walked in memory, as much of it as there can be; kallsyms is the largest part.
        var window = _reader.Block(start, Math.Min(source.Length - start, SectionHeader.MaximumSize));
        var cursor = new Cursor(window, _big);
        var ok = Piece(16, ref cursor) && Piece(17, ref cursor) && Piece(18, ref cursor);
        if (ok)
        {
            var symbolsSize = cursor.U32();
            var symbolsAt = start + cursor.Position;
            cursor.Take(symbolsSize);
            if (!cursor.Failed)
                Metadata.Symbols = new KernelSymbols(() => _reader.Block(symbolsAt, source.Available(symbolsAt, symbolsSize)));
            ok = !cursor.Failed && Piece(20, ref cursor) && Piece(21, ref cursor);
        }

        var at = start + cursor.Position;
        if (!ok)
        {
            Bag.Error("HT0107", at, "the descriptions before the events are incomplete or damaged", "the recording was cut short; no events can be read");
            return;
        }

        _cpuCount = (int)Math.Min(cursor.U32(), MaximumCpus);
        Header.CpuCount = _cpuCount;
        Tagged("", start + cursor.Position, top: true);
        foreach (var named in _buffers.ToArray())
        {
            if (named.Cpus.Count == 0 && named.Name.Length > 0)
                Tagged(named.Name, named.Offset, top: false);
        }

        _buffers.RemoveAll(static b => b.Cpus.Count == 0);
    }

    /// <summary>Reads what follows a ten-byte tag.</summary>
    private void Tagged(string name, long at, bool top)
    {
        for (var i = 0; i < 16; i++)
        {
            var block = _reader.Block(at, source.Available(at, UsualOptions));
            var cursor = new Cursor(block, _big);
            var tag = cursor.Take(10);
            if (tag.StartsWith("options"u8))
            {
                var end = OptionsEnd(cursor);
                if (end < 0 && block.Length == UsualOptions && _reader.MayRead(at, 0, SectionHeader.MaximumSize / 8))
                {
                    block = _reader.Block(at, source.Available(at, SectionHeader.MaximumSize / 8));
                    cursor = new Cursor(block, _big);
                    cursor.Take(10);
                    end = OptionsEnd(cursor);
                }

                if (end < 0)
                    break;
                Options(new Cursor(block.AsSpan(10, end - 10), _big), at + 10, version7: false);
                at += end;
                continue;
            }

            if (tag.StartsWith("latency"u8))
            {
                if (top)
                    TextOffset = at + 10;
                return;
            }

            if (tag.StartsWith("flyrecord"u8))
            {
                var places = new List<CpuPlace>();
                for (var cpu = 0; cpu < _cpuCount; cpu++)
                {
                    var offset = cursor.U64();
                    var size = cursor.U64();
                    if (!cursor.Failed)
                        places.Add(new CpuPlace(cpu, (long)Math.Min(offset, long.MaxValue), (long)Math.Min(size, long.MaxValue)));
                }

                if (cursor.Failed)
                    Bag.Error("HT0106", at, "the table of CPU data is cut off");
                _buffers.Add(new BufferPlace(name, at, 0, false, places));
                return;
            }

            break;
        }

        Bag.Error("HT0106", at, "neither options nor a table of CPU data is where it should be");
    }

    private static int OptionsEnd(Cursor cursor)
    {
        while (cursor.Remaining >= 2)
        {
            if (cursor.U16() == 0)
                return cursor.Position;
            cursor.Take(cursor.U32());
        }

        return -1;
    }

    private void MakeStreams()
    {
        var names = new List<string>();
        long pages = 0;
        var shape = PageShape.From(Metadata.PageFields, _big, Metadata.LongSize);
        if (Header.FormatVersion == 7)
            FindBuffers(shape);
        var cpus = Math.Max(1, _buffers.Sum(static b => b.Cpus.Count));
        foreach (var buffer in _buffers)
        {
            var instance = names.Count;
            names.Add(buffer.Name);
            var pageShape = buffer.PageSize > shape.DataOffset ? shape with { PageSize = buffer.PageSize } : shape;
            Header.SubBufferSize = pageShape.PageSize;
            if (buffer.Packed && _reader.Unpacker is null)
            {
                Bag.Error("HT0102", buffer.Offset, "the events are compressed in a way that is unknown");
                continue;
            }

            foreach (var cpu in buffer.Cpus)
            {
                var statistics = new CpuStatistics(instance, cpu.Cpu);
                reader.Statistics.CpuList.Add(statistics);
                if (cpu.Size == 0)
                {
                    if (cpu.IsCut)
                        Missing.Add(statistics);
                    continue;
                }

                var available = source.Available(cpu.Offset, (ulong)cpu.Size);
                if (available < cpu.Size)
                    Bag.Error("HT0108", cpu.Offset, $"CPU {cpu.Cpu}: {cpu.Size} bytes of events are announced, {available} are in the file", "the recording was cut short; everything before this point is used");
                if (DataBytes + available > source.Length)
                {
                    Bag.Error("HT0109", cpu.Offset, $"CPU {cpu.Cpu}: its data overlap those of other CPUs", "they are left out");
                    Missing.Add(statistics);
                    continue;
                }

                pages += pageShape.PageSize;
                if (pages > MaximumPages)
                {
                    Bag.Error("HT0134", cpu.Offset, $"CPU {cpu.Cpu}: pages of {pageShape.PageSize} bytes for all CPUs together need too much memory", "its data are left out");
                    Missing.Add(statistics);
                    continue;
                }

                DataBytes += available;
                Streams.Add(new CpuStream(source, pageShape, statistics, cpu.Offset, available, buffer.Packed ? _reader.Unpacker : null, Bag, MemoryForReadAhead / cpus) { IsCut = cpu.IsCut || available < cpu.Size });
            }
        }

        Header.Instances = names.Count == 0 ? [""] : names;
        if (Header.CpuCount == 0 && _buffers.Count > 0 && _unindexed.Count == 0)
            Header.CpuCount = _buffers.Max(static b => b.Cpus.Count);
    }
}
