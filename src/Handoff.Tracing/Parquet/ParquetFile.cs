using Handoff.Tracing.Writing;
using ZstdSharp;

namespace Handoff.Tracing.Parquet;

/// <summary>
/// A Parquet file in the making: flat columns that may lack values, one page for each column of a group of rows, compressed with zstd. One thread
/// at a time.
/// </summary>
/// <remarks>Format: https://parquet.apache.org/docs/file-format/, version 1 with data pages of version 1, which every reader knows.</remarks>
internal sealed class ParquetFile : IDisposable
{
    private const int Level = 1; // of zstd: encodings have taken out most of what repeats
    private const int Zstd = 6, DataPage = 0, DictionaryPage = 2, Optional = 1; // the format's numbers

    private readonly Stream _to;
    private readonly IReadOnlyList<ParquetColumn> _columns;
    private readonly string _madeBy;
    private readonly ColumnEncoder _encoder = new();
    private readonly Compressor _compressor = new(Level);
    private readonly ByteBuilder _head = new(false);
    private readonly List<(int Rows, ChunkFacts[] Columns)> _groups = [];
    private byte[] _packed = [];
    private long _at; // bytes written

    /// <summary>Begins a file.</summary>
    /// <param name="to">Where it goes; left open.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="madeBy">The program that writes it.</param>
    internal ParquetFile(Stream to, IReadOnlyList<ParquetColumn> columns, string madeBy)
    {
        (_to, _columns, _madeBy) = (to, columns, madeBy);
        Write("PAR1"u8);
    }

    /// <summary>Writes a group of rows.</summary>
    /// <param name="rows">The rows of each column; equally many, at least one.</param>
    internal void WriteGroup(IReadOnlyList<ColumnRows> rows)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(rows.Count, _columns.Count);
        var chunks = new ChunkFacts[_columns.Count];
        for (int i = 0; i < chunks.Length; i++)
            chunks[i] = WriteColumn(_columns[i], rows[i]);
        _groups.Add((rows[0].Count, chunks));
    }

    /// <summary>Writes the end of the file, which says where everything is.</summary>
    internal void Complete()
    {
        _head.Clear();
        var thrift = new ThriftWriter(_head);
        thrift.I32(1, 1).StructList(2, _columns.Count + 1);
        thrift.BeginElement().Text(4, "table").I32(5, _columns.Count).End();
        foreach (ParquetColumn column in _columns)
            WriteSchema(thrift, column);
        thrift.I64(3, _groups.Sum(static group => (long)group.Rows)).StructList(4, _groups.Count);
        foreach (var (rows, columns) in _groups)
            WriteGroupFacts(thrift, rows, columns);
        thrift.Text(6, _madeBy).StructList(7, _columns.Count);
        for (int i = 0; i < _columns.Count; i++)
            thrift.BeginElement().Begin(1).End().End(); // lowest and highest values are ordered as their types are
        thrift.End();
        int length = _head.Count;
        Write(_head.Written);
        _head.Clear();
        Write(_head.U32((uint)length).Raw("PAR1"u8).Written);
    }

    /// <inheritdoc/>
    public void Dispose() => _compressor.Dispose();

    private ChunkFacts WriteColumn(ParquetColumn column, ColumnRows rows)
    {
        _encoder.Encode(column.Type, rows);
        long start = _at, plain = 0;
        bool hasDictionary = _encoder.DictionaryCount > 0;
        if (hasDictionary)
        {
            plain += WritePage(_encoder.DictionaryPage.Written, DictionaryPage, static (thrift, encoder, _) =>
                thrift.Begin(7).I32(1, encoder.DictionaryCount).I32(2, ColumnEncoder.Plain).Bool(3, false).End(), 0);
        }

        long data = _at;
        plain += WritePage(_encoder.DataPage.Written, DataPage, static (thrift, encoder, count) =>
            thrift.Begin(5).I32(1, count).I32(2, encoder.Encoding).I32(3, ColumnEncoder.Runs).I32(4, ColumnEncoder.Runs).End(), rows.Count);
        return new ChunkFacts
        {
            Encodings = hasDictionary ? [ColumnEncoder.Plain, ColumnEncoder.Runs, _encoder.Encoding] : [ColumnEncoder.Runs, _encoder.Encoding],
            Rows = rows.Count,
            Missing = rows.Count - rows.ValueCount,
            DictionaryAt = hasDictionary ? start : -1,
            DataAt = data,
            PackedBytes = _at - start,
            PlainBytes = plain,
            Lowest = _encoder.Lowest,
            Highest = _encoder.Highest,
        };
    }

    // Returns its length with head and without compression.
    private long WritePage(ReadOnlySpan<byte> page, int type, Action<ThriftWriter, ColumnEncoder, int> describe, int rows)
    {
        int bound = Compressor.GetCompressBound(page.Length);
        if (_packed.Length < bound)
            _packed = new byte[bound];
        int length = _compressor.Wrap(page, _packed);
        _head.Clear();
        var thrift = new ThriftWriter(_head);
        describe(thrift.I32(1, type).I32(2, page.Length).I32(3, length), _encoder, rows);
        thrift.End();
        Write(_head.Written);
        Write(_packed.AsSpan(0, length));
        return _head.Count + page.Length;
    }

    private static void WriteSchema(ThriftWriter thrift, ParquetColumn column)
    {
        const int Utf8 = 0, Date = 6; // the older way to say it
        thrift.BeginElement().I32(1, column.PhysicalType).I32(3, Optional).Text(4, column.Name);
        if (column.Type == ParquetType.Text)
            thrift.I32(6, Utf8).Begin(10).Begin(1).End().End();
        else if (column.Type == ParquetType.Date)
            thrift.I32(6, Date).Begin(10).Begin(6).End().End();
        thrift.End();
    }

    private void WriteGroupFacts(ThriftWriter thrift, int rows, ChunkFacts[] chunks)
    {
        thrift.BeginElement().StructList(1, chunks.Length);
        for (int i = 0; i < chunks.Length; i++)
        {
            ChunkFacts chunk = chunks[i];
            thrift.BeginElement().I64(2, 0).Begin(3).I32(1, _columns[i].PhysicalType).I32List(2, chunk.Encodings).TextList(3, _columns[i].Name).I32(4, Zstd)
                .I64(5, chunk.Rows).I64(6, chunk.PlainBytes).I64(7, chunk.PackedBytes).I64(9, chunk.DataAt);
            if (chunk.DictionaryAt >= 0)
                thrift.I64(11, chunk.DictionaryAt);
            thrift.Begin(12).I64(3, chunk.Missing);
            if (chunk.Lowest is { } lowest && chunk.Highest is { } highest)
                thrift.Bytes(5, highest).Bytes(6, lowest).Bool(7, true).Bool(8, true);
            thrift.End().End().End();
        }

        thrift.I64(2, chunks.Sum(static chunk => chunk.PlainBytes)).I64(3, rows).I64(6, chunks.Sum(static chunk => chunk.PackedBytes)).End();
    }

    private void Write(ReadOnlySpan<byte> bytes)
    {
        _to.Write(bytes);
        _at += bytes.Length;
    }
}
