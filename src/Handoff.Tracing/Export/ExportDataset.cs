using Handoff.Tracing.Bundles;
using Handoff.Tracing.Findings;
using Handoff.Tracing.Recordings;

namespace Handoff.Tracing.Export;

/// <summary>
/// A directory of Parquet files that holds recordings of many machines: <c>TABLE/host=H/boot=B/RECORDING.parquet</c>, and statements that make it
/// tables and views. Recordings are added to a place beside it first; <see cref="Commit"/> moves them in, whole boots at a time, replacing earlier exports of the same boots.
/// </summary>
public sealed class ExportDataset : IDisposable
{
    private readonly string _directory;
    private readonly string _exporter;
    private readonly string _staging;
    private readonly HashSet<string> _partitions = [];
    private readonly HashSet<string> _files = [];

    /// <summary>Begins to add to a dataset.</summary>
    /// <param name="directory">Its directory; made if it does not exist.</param>
    /// <param name="exporter">Program and version, for the table of recordings.</param>
    /// <exception cref="IOException">The directory cannot be made.</exception>
    public ExportDataset(string directory, string exporter)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        _directory = Path.GetFullPath(directory);
        _exporter = exporter;
        Directory.CreateDirectory(_directory);
        _staging = Path.Combine(_directory, $".export-{Guid.NewGuid():n}.tmp"); // several machines may add to one directory
        Directory.CreateDirectory(_staging);
    }

    /// <summary>Names of the tables.</summary>
    public static IReadOnlyList<string> Tables { get; } = ["recordings", "events", "entries", "mappings", "findings", "pool_occupancy"];

    /// <summary>Rows written so far, by table.</summary>
    public IReadOnlyDictionary<string, long> Rows => _rows;

    private readonly Dictionary<string, long> _rows = Tables.ToDictionary(static table => table, static _ => 0L);

    /// <summary>Analyses a recording and adds it.</summary>
    /// <param name="reader">The recording, at its beginning.</param>
    /// <param name="facts">Facts about the machine, or <see langword="null"/>.</param>
    /// <param name="name">The recording's name.</param>
    /// <param name="identity">Its machine and boot.</param>
    /// <param name="progress">Told how far it is, 0 to 1 or -1 if not known.</param>
    /// <param name="cancellation">Ends it; the dataset must then not be committed.</param>
    public TraceAnalysis Add(RecordingReader reader, MachineFacts? facts, string name, ExportIdentity identity, Action<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(identity);
        string partition = identity.Partition;
        string file = ExportIdentity.Escape(name);
        for (int more = 2; !_files.Add(Path.Combine(partition, file)); more++)
            file = $"{ExportIdentity.Escape(name)}-{more}"; // two recordings with one name
        _partitions.Add(partition);
        using var export = new RecordingExport(reader, name);
        TraceAnalysis analysis = export.Run(facts, identity.Day, PathOf, _exporter, progress, cancellation);
        foreach (ExportTable table in export.Tables)
            _rows[table.Name] += table.Rows;
        return analysis;

        string PathOf(string table)
        {
            string directory = Path.Combine(_staging, "new", table, partition);
            Directory.CreateDirectory(directory);
            return Path.Combine(directory, file + ".parquet");
        }
    }

    /// <summary>Recordings that the dataset has of a boot so far: those that <see cref="Commit"/> would replace.</summary>
    public IReadOnlyList<string> RecordingsOf(ExportIdentity identity)
    {
        ArgumentNullException.ThrowIfNull(identity);
        var directory = new DirectoryInfo(Path.Combine(_directory, Tables[0], identity.Partition));
        return directory.Exists ? [.. directory.EnumerateFiles("*.parquet").Select(static file => Uri.UnescapeDataString(Path.GetFileNameWithoutExtension(file.Name))).Order(StringComparer.Ordinal)] : [];
    }

    /// <summary>Moves what was added into the dataset. If that fails, what was there before is there again.</summary>
    /// <exception cref="IOException">Something cannot be moved.</exception>
    public void Commit()
    {
        var undo = new Stack<Action>();
        try
        {
            foreach (string partition in _partitions.Order(StringComparer.Ordinal))
            {
                foreach (string table in Tables)
                    Replace(Path.Combine(table, partition), undo);
            }

            foreach (var (name, text) in ExportSql.Files(_directory))
                WriteFile(Path.Combine(_directory, name), text);
        }
        catch
        {
            while (undo.TryPop(out Action? step))
                step();
            throw;
        }
    }

    /// <summary>Removes what was not committed, and what it replaced.</summary>
    public void Dispose()
    {
        try
        {
            Directory.Delete(_staging, recursive: true);
            if (!Directory.EnumerateFileSystemEntries(_directory).Any())
                Directory.Delete(_directory);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Its name says what is left.
        }
    }

    private void Replace(string partition, Stack<Action> undo)
    {
        string target = Path.Combine(_directory, partition), old = Path.Combine(_staging, "old", partition);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        if (Directory.Exists(target))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(old)!);
            Directory.Move(target, old);
            undo.Push(() => Directory.Move(old, target));
        }

        string fresh = Path.Combine(_staging, "new", partition);
        Directory.Move(fresh, target);
        undo.Push(() => Directory.Move(target, fresh));
    }

    private void WriteFile(string path, string text)
    {
        string temporary = Path.Combine(_staging, Path.GetFileName(path));
        File.WriteAllText(temporary, text);
        File.Move(temporary, path, overwrite: true);
    }
}
