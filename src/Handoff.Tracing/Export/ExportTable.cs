using System.IO.Compression;
using Parquet;
using Parquet.Schema;

namespace Handoff.Tracing.Export;

/// <summary>A table of the dataset while one recording's part of it is written: one Parquet file, compressed with zstd, in groups of rows.</summary>
internal abstract class ExportTable : IDisposable
{
    /// <summary>Rows of a group: memory holds one group of every table.</summary>
    internal const int RowsPerGroup = 1 << 15;

    private readonly List<ExportColumn> _columns = [];
    private readonly TextColumn _recording;
    private readonly string _recordingName;
    private FileStream? _file;
    private ParquetWriter? _writer;
    private int _rows;

    /// <summary>A table.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="recording">The recording that every row names.</param>
    protected ExportTable(string name, string recording)
    {
        Name = name;
        _recordingName = recording;
        _recording = Text("recording");
    }

    /// <summary>Its name.</summary>
    internal string Name { get; }

    /// <summary>Its columns, in order, without those that directories stand for.</summary>
    internal IReadOnlyList<ExportColumn> Columns => _columns;

    /// <summary>Rows written so far.</summary>
    internal long Rows { get; private set; }

    /// <summary>Begins the file.</summary>
    internal void Open(string path)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        // The level has to be named: the library's own choice is many times slower and hardly smaller.
        var options = new ParquetOptions { CompressionMethod = CompressionMethod.Zstd, CompressionLevel = CompressionLevel.Fastest };
        _writer = ParquetWriter.CreateAsync(new ParquetSchema([.. _columns.Select(static column => (Field)column.Field)]), _file, options).GetAwaiter().GetResult();
    }

    /// <summary>Completes the file.</summary>
    internal void Close()
    {
        Flush();
        _writer?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _writer = null;
        _file?.Flush(flushToDisk: true);
        _file?.Dispose();
        _file = null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Not completed: the file is thrown away, and what its writer has to say about that does not matter.
        _writer = null;
        _file?.Dispose();
        _file = null;
    }

    protected TextColumn Text(string name) => Column(new TextColumn(name));

    protected BigintColumn Bigint(string name) => Column(new BigintColumn(name));

    protected IntegerColumn Integer(string name) => Column(new IntegerColumn(name));

    protected BooleanColumn Boolean(string name) => Column(new BooleanColumn(name));

    /// <summary>To be called when all other columns of a row have their value.</summary>
    protected void EndRow()
    {
        _recording.Add(_recordingName);
        Rows++;
        if (++_rows == RowsPerGroup)
            Flush();
    }

    private T Column<T>(T column)
        where T : ExportColumn
    {
        _columns.Add(column);
        return column;
    }

    private void Flush()
    {
        if (_rows == 0)
            return;
        using ParquetRowGroupWriter group = _writer!.CreateRowGroup();
        foreach (ExportColumn column in _columns)
            column.Flush(group, _rows);
        group.CompleteValidate();
        _rows = 0;
    }
}
