using System.Buffers.Binary;
using Handoff.Tracing.Recordings.TraceDat;
using ZstdSharp;

namespace Handoff.Tracing.Writing;

/// <summary>The ring-buffer pages of one CPU of one buffer, in the making: packed in chunks that a spool keeps.</summary>
internal sealed class CpuPages
{
    private const ulong LongestDelta = (1 << 27) - 1;
    private const int StampBits = 59;

    private readonly PageShape _shape;
    private readonly int _pagesPerChunk;
    private byte[] _chunk = []; // while there are pages in it
    private readonly Compressor _compressor;
    private int _page; // where the current page begins in _chunk
    private int _used; // bytes of records in it
    private bool _open; // it has a time
    private bool _lost; // events were lost before it
    private ulong _lostCount; // how many, 0 for unknown
    private bool _ended; // all further ones are lost
    private ulong _time; // of the last record
    private readonly ChunkSpool _spool;
    private readonly List<(long Offset, int Size)> _chunks = [];

    internal CpuPages(PageShape shape, int pagesPerChunk, Compressor compressor, ChunkSpool spool, int instance, int cpu)
    {
        _shape = shape;
        _compressor = compressor;
        _spool = spool;
        _pagesPerChunk = pagesPerChunk;
        (Instance, Cpu) = (instance, cpu);
    }

    internal int Instance { get; }

    internal int Cpu { get; }

    internal long Events { get; private set; }

    internal ulong Lost { get; private set; }

    internal IReadOnlyList<(long Offset, int Size)> Chunks => _chunks;

    /// <summary>Bytes of all chunks with their sizes.</summary>
    internal long PackedBytes { get; private set; }

    /// <summary>Adds a record. It must fit into a page.</summary>
    internal void Add(ulong time, ReadOnlySpan<byte> record)
    {
        var padded = (record.Length + 3) & ~3;
        var isShort = padded is > 0 and <= 112;
        var size = (isShort ? 4 : 8) + padded;
        var isFar = _open && (time < _time || time - _time > LongestDelta);

        // Neither an extended delta nor an absolute stamp holds the highest five bits of a time; a page's own does.
        if (!_open || (isFar && (time ^ _time) >> StampBits != 0) || _used + size + (isFar ? 8 : 0) > Capacity)
        {
            Close();
            Open(time);
            isFar = false;
            if (size > Capacity)
                throw new InvalidOperationException($"A record of {record.Length} bytes does not fit into a page.");
        }

        if (isFar && time > _time)
        {
            var delta = time - _time;
            Put(Header(30, (uint)(delta & LongestDelta)));
            Put((uint)(delta >> 27));
        }
        else if (isFar)
        {
            Put(Header(31, (uint)(time & LongestDelta)));
            Put((uint)(time >> 27));
        }

        var rest = isFar ? 0 : (uint)(time - _time);
        Put(Header(isShort ? padded / 4 : 0, rest));
        if (!isShort)
            Put((uint)padded + 4);
        record.CopyTo(_chunk.AsSpan(_page + _shape.DataOffset + _used));
        _chunk.AsSpan(_page + _shape.DataOffset + _used + record.Length, padded - record.Length).Clear();
        _used += padded;
        _time = time;
        Events++;
    }

    /// <summary>Adds a page as it is. Not to be mixed with records.</summary>
    internal void AddPage(ReadOnlySpan<byte> page, int events)
    {
        Reserve();
        page.CopyTo(_chunk.AsSpan(_page, _shape.PageSize));
        Events += events;
        _page += _shape.PageSize;
        if (_page == _chunk.Length)
            Pack();
    }

    /// <summary>Takes over how many events were lost, which pages say themselves.</summary>
    internal void SetLost(ulong count) => Lost = count;

    /// <summary>Notes that events were lost after the last record.</summary>
    internal void AddLost(ulong time, ulong count)
    {
        if (_ended)
            return; // there is nothing to come
        Note(time, count);
        Lost += count;
    }

    /// <summary>Notes that all further events are lost.</summary>
    internal void AddEnd(ulong time)
    {
        if (_ended)
            return;
        Note(time, PageShape.AllFurther);
        _ended = true;
    }

    /// <summary>No more records will come.</summary>
    internal void Finish()
    {
        if (_lost && !_open)
            Open(_time);
        Close();
        Pack();
    }

    private int Capacity => _shape.PageSize - _shape.DataOffset - (_lost ? _shape.CommitSize : 0);

    private void Note(ulong time, ulong count)
    {
        Close();
        if (_lost)
        {
            // Two notes in a row: the first one gets a page without records.
            Open(_time);
            Close();
        }

        _lost = true;
        _lostCount = count;
        _time = time;
    }

    private void Open(ulong time)
    {
        Reserve();
        _open = true;
        _used = 0;
        _time = time;
        var page = _chunk.AsSpan(_page, _shape.PageSize);
        page.Clear();
        Number(page[.._shape.TimestampSize], time);
    }

    /// <summary>Bytes held.</summary>
    internal int Held => _chunk.Length;

    /// <summary>Gives up the memory that is held; more may be added.</summary>
    internal void Release()
    {
        Close();
        Pack();
        _chunk = [];
    }

    private void Reserve()
    {
        if (_chunk.Length == 0)
            _chunk = new byte[_shape.PageSize * _pagesPerChunk];
    }

    private void Close()
    {
        if (!_open)
            return;
        _open = false;
        var page = _chunk.AsSpan(_page, _shape.PageSize);
        var commit = (uint)_used;
        if (_lost)
        {
            commit |= 0x8000_0000;
            if (_lostCount > 0)
            {
                commit |= 0x4000_0000;
                Number(page.Slice(_shape.DataOffset + _used, _shape.CommitSize), _lostCount);
            }
        }

        // Kernels add the marks as a signed 32-bit number, so that a 64-bit word looks negative.
        Number(page.Slice(_shape.CommitOffset, _shape.CommitSize), (ulong)(int)commit);
        _lost = false;
        _lostCount = 0;
        _page += _shape.PageSize;
        if (_page == _chunk.Length)
            Pack();
    }

    private void Pack()
    {
        if (_page == 0)
            return;
        var packed = _compressor.Wrap(_chunk.AsSpan(0, _page));
        Span<byte> sizes = stackalloc byte[8];
        Number(sizes[..4], (ulong)packed.Length);
        Number(sizes[4..], (ulong)_page);
        _chunks.Add(_spool.Add(sizes, packed));
        PackedBytes += packed.Length + 8;
        _page = 0;
    }

    private uint Header(int type, uint delta) => _shape.BigEndian ? ((uint)type << 27) | delta : (uint)type | (delta << 5);

    private void Put(uint word)
    {
        Number(_chunk.AsSpan(_page + _shape.DataOffset + _used, 4), word);
        _used += 4;
    }

    private void Number(Span<byte> to, ulong value)
    {
        if (to.Length == 8)
        {
            if (_shape.BigEndian)
                BinaryPrimitives.WriteUInt64BigEndian(to, value);
            else
                BinaryPrimitives.WriteUInt64LittleEndian(to, value);
        }
        else if (_shape.BigEndian)
        {
            BinaryPrimitives.WriteUInt32BigEndian(to, (uint)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt32LittleEndian(to, (uint)value);
        }
    }
}
