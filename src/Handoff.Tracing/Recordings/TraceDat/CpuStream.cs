using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using Handoff.Tracing.Recordings.Input;

namespace Handoff.Tracing.Recordings.TraceDat;

/// <summary>The ring-buffer pages of one CPU of one buffer, record by record, in the order they were written.</summary>
internal sealed class CpuStream
{
    private const int ReadAhead = 256 << 10;
    internal const int MaximumChunk = 16 << 20; // recorders write chunks of a few dozen pages

    private readonly ByteSource _source;
    private readonly PageShape _shape;
    private readonly SectionUnpacker? _unpacker; // null: pages are stored plainly
    private readonly DiagnosticBag _diagnostics;
    private readonly int _readAhead;
    private readonly bool _bigEndian;
    private byte[] _data = [];
    private int _dataEnd; // bytes of _data that are valid
    private int _pageStart; // of the page being decoded
    private int _next; // next record header in _data
    private int _recordsEnd; // end of the page's records; _next <= _recordsEnd
    private long _offset; // next byte of the file to read
    private long _end; // end of this CPU's data in the file
    private long _dataOffset; // file offset belonging to _data[0] (or the chunk's)
    private uint _chunksLeft;
    private bool _finished;
    private bool _skipped; // part of the page before

    internal CpuStream(ByteSource source, PageShape shape, CpuStatistics statistics, long offset, long size, SectionUnpacker? unpacker, DiagnosticBag diagnostics, int readAhead)
    {
        _source = source;
        _shape = shape;
        _bigEndian = shape.BigEndian;
        _unpacker = unpacker;
        _diagnostics = diagnostics;
        _offset = offset;
        _end = offset + size;
        _readAhead = Math.Max(shape.PageSize, Math.Min(ReadAhead, readAhead) / shape.PageSize * shape.PageSize);
        Statistics = statistics;
        if (unpacker is not null)
            StartChunks();
    }

    internal CpuStatistics Statistics { get; }

    /// <summary>Time of the current record in clock units.</summary>
    internal ulong Time { get; private set; }

    /// <summary>Set when the current item is a note that events were lost, not a record.</summary>
    internal bool IsLostNote { get; private set; }

    /// <summary>Set when that note says that all further events of this CPU are lost; nothing follows it.</summary>
    internal bool IsEndNote { get; private set; }

    /// <summary>How many were lost, zero when not recorded.</summary>
    internal ulong LostCount { get; private set; }

    internal int RecordStart { get; private set; }

    internal int RecordLength { get; private set; }

    internal ReadOnlySpan<byte> Record
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => _data.AsSpan(RecordStart, RecordLength);
    }

    /// <summary>Where the current record is: exact in plain files, the chunk in compressed ones.</summary>
    internal long RecordOffset => _unpacker is null ? _dataOffset + RecordStart : _dataOffset;

    /// <summary>Whether data are missing behind those that were read.</summary>
    internal bool IsCut { get; set; }

    internal long BytesLeft => Math.Max(0, _end - _offset);

    /// <summary>Moves to the next record or note.</summary>
    internal bool MoveNext()
    {
        // Nearly all records are short ones that lie in the page.
        var next = _next;
        if (!_bigEndian && next + 4 <= _recordsEnd)
        {
            var header = BinaryPrimitives.ReadUInt32LittleEndian(_data.AsSpan(next));
            var length = (int)(header & 31) * 4;
            if (length is >= 4 and <= 28 * 4 && next + 4 + length <= _recordsEnd)
            {
                IsLostNote = false;
                Time += header >> 5;
                RecordStart = next + 4;
                RecordLength = length;
                _next = next + 4 + length;
                return true;
            }
        }

        return MoveNextSlowly();
    }

    private bool MoveNextSlowly()
    {
        var data = _data;
        var bigEndian = _bigEndian;
        while (true)
        {
            if (_next + 4 > _recordsEnd)
            {
                if (_next < _recordsEnd)
                    Damaged("a record header is cut off by the end of its page");
                if (_finished || !NextPage())
                    return false;
                data = _data;
                if (IsLostNote)
                    return true;
                continue;
            }

            IsLostNote = false;
            var at = _next;
            var header = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at)) : BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(at));
            var type = bigEndian ? (int)(header >> 27) : (int)(header & 31);
            var delta = bigEndian ? header & 0x7ff_ffff : header >> 5;
            if (type is >= 1 and <= 28)
            {
                var length = type * 4;
                if (at + 4 + length > _recordsEnd)
                {
                    SkipPage("a record runs over the end of its page");
                    continue;
                }

                Time += delta;
                RecordStart = at + 4;
                RecordLength = length;
                _next = at + 4 + length;
                return true;
            }

            if (type == 29 && delta == 0)
            {
                _next = _recordsEnd;
                continue;
            }

            if (at + 8 > _recordsEnd)
            {
                SkipPage("a record header is cut off by the end of its page");
                continue;
            }

            var word = bigEndian ? BinaryPrimitives.ReadUInt32BigEndian(data.AsSpan(at + 4)) : BinaryPrimitives.ReadUInt32LittleEndian(data.AsSpan(at + 4));
            switch (type)
            {
                case 30:
                    Time += delta + ((ulong)word << 27);
                    _next = at + 8;
                    continue;
                case 31:
                    // 59 bits are stored; the top five stay as they were.
                    Time = (Time & 0xf800_0000_0000_0000) | delta | ((ulong)word << 27);
                    _next = at + 8;
                    continue;
            }

            // A long record (0) or a discarded one (29): word bytes follow, the length word itself included.
            if (word < 4 || word > (uint)(_recordsEnd - at - 4))
            {
                SkipPage("a record's length is impossible");
                continue;
            }

            Time += delta;
            _next = at + 4 + (int)((word + 3) & ~3u);
            if (_next > _recordsEnd)
                _next = _recordsEnd;
            if (type == 29)
                continue;
            RecordStart = at + 8;
            RecordLength = (int)word - 4;
            return true;
        }
    }

    private void SkipPage(string what)
    {
        Damaged(what);
        _next = _recordsEnd;
    }

    private void Damaged(string what)
    {
        _skipped = true;
        _diagnostics.Error("HT0130", (_unpacker is null ? _dataOffset : _dataOffset - _pageStart) + (_unpacker is null ? _next : _pageStart), $"CPU {Statistics.Cpu}: {what}; the rest of the page is skipped");
    }

    /// <summary>Enters the next page. False at the end of this CPU's data.</summary>
    private bool NextPage()
    {
        IsLostNote = false;
        var start = _pageStart + _shape.PageSize;
        if (_dataEnd == 0 || start >= _dataEnd)
        {
            if (!Fill())
            {
                _finished = true;
                IsCut |= _skipped;
                return false;
            }

            start = 0;
        }

        _pageStart = start;
        var available = Math.Min(_shape.PageSize, _dataEnd - start);
        _next = _recordsEnd = start;
        if (available < _shape.DataOffset)
            return true;
        var page = _data.AsSpan(start, available);
        var skipped = _skipped;
        _skipped = false;
        Time = Number(page[.._shape.TimestampSize]);
        var commit = (uint)Number(page.Slice(_shape.CommitOffset, _shape.CommitSize));
        var used = (int)(commit & 0x07ff_ffff);
        if (used > available - _shape.DataOffset)
        {
            _diagnostics.Error("HT0131", _unpacker is null ? _dataOffset + start : _dataOffset, $"CPU {Statistics.Cpu}: a page claims {used} bytes of records, {available - _shape.DataOffset} are there");
            used = available - _shape.DataOffset;
            _skipped = true;
        }

        Statistics.Bytes += available;
        _next = start + _shape.DataOffset;
        _recordsEnd = _next + used;
        if ((commit & 0x8000_0000) != 0 || skipped)
        {
            IsLostNote = true;
            LostCount = 0;
            if ((commit & 0x4000_0000) != 0 && _shape.DataOffset + used + _shape.CommitSize <= available)
                LostCount = Number(page.Slice(_shape.DataOffset + used, _shape.CommitSize));
            if (LostCount == PageShape.AllFurther >> (64 - (8 * _shape.CommitSize)))
                (IsEndNote, LostCount) = (used == 0 && IsLastPage, 0);
        }

        return true;
    }

    /// <summary>Whether no page follows the one that was entered. Only there a number of lost events can say that all further ones are.</summary>
    private bool IsLastPage => _pageStart + _shape.PageSize >= _dataEnd && (_unpacker is null ? _offset >= _end : _chunksLeft == 0);

    private ulong Number(ReadOnlySpan<byte> bytes) => bytes.Length switch
    {
        8 => _shape.BigEndian ? BinaryPrimitives.ReadUInt64BigEndian(bytes) : BinaryPrimitives.ReadUInt64LittleEndian(bytes),
        _ => _shape.BigEndian ? BinaryPrimitives.ReadUInt32BigEndian(bytes) : BinaryPrimitives.ReadUInt32LittleEndian(bytes),
    };

    private void StartChunks()
    {
        Span<byte> head = stackalloc byte[4];
        if (_end - _offset < 4 || _source.ReadAt(_offset, head) < 4)
        {
            _finished = true;
            IsCut = true;
            return;
        }

        _chunksLeft = (uint)Number(head);
        _offset += 4;
        _end = Math.Min(_end + 4, _source.Length); // the announced size leaves out the count of chunks
    }

    /// <summary>Loads the next pages into <see cref="_data"/>.</summary>
    private bool Fill()
    {
        if (_unpacker is not null)
            return FillChunk(_unpacker);
        var want = (int)Math.Min(_readAhead, _end - _offset);
        if (want <= 0)
            return false;
        if (_data.Length < want)
            _data = new byte[want];
        var got = _source.ReadAt(_offset, _data.AsSpan(0, want));
        _dataOffset = _offset;
        _offset += got;
        _dataEnd = got;
        if (got < want)
        {
            _diagnostics.Error("HT0132", _dataOffset + got, $"CPU {Statistics.Cpu}: the file ends before this CPU's data does", "the recording was cut short; everything before this point is used");
            _end = _offset;
            IsCut = true;
        }

        return got > 0;
    }

    private bool FillChunk(SectionUnpacker unpacker)
    {
        if (_chunksLeft == 0)
            return false;
        var filled = NextChunk(unpacker);
        IsCut |= !filled;
        return filled;
    }

    private bool NextChunk(SectionUnpacker unpacker)
    {
        if (_end - _offset < 8)
        {
            _diagnostics.Error("HT0132", _offset, $"CPU {Statistics.Cpu}: the data ends, {_chunksLeft} compressed chunks are missing", "the recording was cut short; everything before this point is used");
            return false;
        }

        Span<byte> head = stackalloc byte[8];
        if (_source.ReadAt(_offset, head) < 8)
        {
            _diagnostics.Error("HT0132", _offset, $"CPU {Statistics.Cpu}: the file ends before this CPU's data does", "the recording was cut short; everything before this point is used");
            return false;
        }

        var packed = (uint)Number(head[..4]);
        var plain = (uint)Number(head[4..]);
        if (packed > _end - _offset - 8 || packed > MaximumChunk || plain > MaximumChunk || plain == 0)
        {
            _diagnostics.Error("HT0133", _offset, $"CPU {Statistics.Cpu}: a compressed chunk has impossible sizes ({packed} bytes for {plain})");
            return false;
        }

        if (_data.Length < plain)
        {
            if (!unpacker.Reserve((int)plain - _data.Length))
            {
                _diagnostics.Error("HT0134", _offset, $"CPU {Statistics.Cpu}: compressed chunks of all CPUs together need too much memory");
                return false;
            }

            _data = new byte[plain];
        }

        _dataOffset = _offset;
        if (!unpacker.Unpack(_source, _offset + 8, (int)packed, _data.AsSpan(0, (int)plain)))
        {
            _diagnostics.Error("HT0135", _offset, $"CPU {Statistics.Cpu}: a compressed chunk is damaged");
            return false;
        }

        _offset += 8 + packed;
        _dataEnd = (int)plain;
        _chunksLeft--;
        return true;
    }
}
