using Handoff.Tracing.Parquet;

namespace Handoff.Tracing.Export;

/// <summary>
/// A table of the dataset while one recording's part of it is written: one Parquet file, compressed with zstd, in groups of rows. While a group is
/// written on another thread the next one is filled.
/// </summary>
internal abstract class ExportTable : IDisposable
{
    /// <summary>Rows of a group: memory holds two groups of every table.</summary>
    internal const int RowsPerGroup = 1 << 16;

    private const int MostText = 1 << 22; // characters that a group keeps

    private readonly List<ExportColumn> _columns = [];
    private readonly TextColumn _recording;
    private readonly string _recordingName;
    private FileStream? _file;
    private ParquetFile? _writer;
    private Task _writing = Task.CompletedTask;
    private int _rows;
    private int _text;

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
    /// <param name="path">Where it goes.</param>
    /// <param name="exporter">Program and version.</param>
    internal void Open(string path, string exporter)
    {
        _file = new FileStream(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, 1 << 16);
        _writer = new ParquetFile(_file, [.. _columns.Select(static column => column.Column)], exporter);
    }

    /// <summary>Completes the file.</summary>
    internal void Close()
    {
        Flush();
        _writing.GetAwaiter().GetResult();
        _writer?.Complete();
        _file?.Flush(flushToDisk: true);
        Dispose();
    }

    /// <summary>Waits for what is being written, and lets go of the file. If it was not completed it is to be thrown away.</summary>
    public void Dispose()
    {
        _ = Task.WaitAny(_writing); // what went wrong does not matter any more
        _writer = null;
        _file?.Dispose();
        _file = null;
    }

    protected TextColumn Text(string name) => Column(new TextColumn(name, length => _text += length));

    protected NumberColumn Bigint(string name) => Column(new NumberColumn(name, ParquetType.Bigint));

    /// <summary>A column of times or other numbers that grow slowly.</summary>
    protected NumberColumn Series(string name) => Column(new NumberColumn(name, ParquetType.BigintSeries));

    protected NumberColumn Integer(string name) => Column(new NumberColumn(name, ParquetType.Integer));

    protected NumberColumn Day(string name) => Column(new NumberColumn(name, ParquetType.Date));

    protected NumberColumn Boolean(string name) => Column(new NumberColumn(name, ParquetType.Boolean));

    /// <summary>To be called when all other columns of a row have their value.</summary>
    protected void EndRow()
    {
        Rows++;
        if (++_rows == RowsPerGroup || _text > MostText)
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
        _recording.AddRepeated(_recordingName, _rows);
        _writing.GetAwaiter().GetResult();
        ColumnRows[] rows = [.. _columns.Select(static column => column.Take())];
        ParquetFile writer = _writer!;
        _writing = Task.Run(() => writer.WriteGroup(rows));
        (_rows, _text) = (0, 0);
    }
}
