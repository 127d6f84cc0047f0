namespace Handoff.Tracing.Recordings;

/// <summary>Collects diagnostics; a hostile file cannot make it grow without bound.</summary>
internal sealed class DiagnosticBag
{
    private const int Maximum = 200;
    private const int MaximumPerId = 20;

    private readonly List<RecordingDiagnostic> _items = [];
    private readonly Dictionary<string, int> _perId = [];

    internal IReadOnlyList<RecordingDiagnostic> Items => _items;

    internal long Suppressed { get; private set; }

    internal void Add(string id, DiagnosticSeverity severity, long offset, string message, string hint = "")
    {
        var seen = _perId.GetValueOrDefault(id);
        _perId[id] = seen + 1;
        if (_items.Count >= Maximum || seen >= MaximumPerId)
        {
            Suppressed++;
            return;
        }

        _items.Add(new RecordingDiagnostic(id, severity, offset, message, hint));
    }

    internal void Error(string id, long offset, string message, string hint = "") => Add(id, DiagnosticSeverity.Error, offset, message, hint);

    internal void Warning(string id, long offset, string message, string hint = "") => Add(id, DiagnosticSeverity.Warning, offset, message, hint);

    internal void Info(string id, long offset, string message, string hint = "") => Add(id, DiagnosticSeverity.Info, offset, message, hint);
}
