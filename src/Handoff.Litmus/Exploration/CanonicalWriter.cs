using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration;

/// <summary>Numbers the parts of a program anew, in the order in which steps mention them, and writes it as a row of numbers.</summary>
/// <param name="program">The program.</param>
internal sealed class CanonicalWriter(AtomicProgram program)
{
    private readonly List<int> _words = [];
    private readonly List<int> _cellOrder = [];
    private readonly List<int> _versionOrder = [];
    private readonly List<int> _findingOrder = [];
    private readonly int[] _cells = new int[program.Cells.Length];       // new number + 1; 0: not mentioned
    private readonly int[] _versions = new int[program.Versions.Length]; // the same
    private readonly int[] _lines = new int[program.LineCount];          // the same
    private int _lineCount;

    /// <summary>Writes the program.</summary>
    /// <param name="make">Takes the numbers, and for each finding its old number.</param>
    public T Write<T>(Func<int[], int[], T> make)
    {
        foreach (Agent agent in program.Agents)
        {
            foreach (AtomicStep step in agent.Steps)
            {
                foreach (Operation operation in step.Operations)
                    Mention(operation);
            }
        }

        _words.Add(_lineCount);
        _words.Add(_cellOrder.Count);
        foreach (int cell in _cellOrder)
        {
            _words.Add(_lines[program.Cells[cell].Line] - 1);
            _words.Add(_versions[program.Cells[cell].Initial] - 1);
        }

        _words.Add(_versionOrder.Count);
        foreach (int version in _versionOrder)
        {
            ContentVersion content = program.Versions[version];
            _words.Add(content.Home == ContentVersion.NoHome ? ContentVersion.NoHome : _cells[content.Home] - 1);
            _words.Add(content.Writer?.Agent ?? -1);
            _words.Add(content.Writer?.Index ?? -1);
        }

        _words.Add(program.Agents.Length);
        foreach (Agent agent in program.Agents)
        {
            _words.Add(agent.Steps.Length);
            foreach (AtomicStep step in agent.Steps)
                Write(step);
        }

        return make([.. _words], [.. _findingOrder]);
    }

    private void Mention(Operation operation)
    {
        if (operation.IsMaintenance)
            return;
        MentionCell(operation.Target);
        if (operation.Source >= 0)
            MentionCell(operation.Source);
        if (operation.Home >= 0)
            MentionCell(operation.Home);
        if (operation.Version >= 0)
            MentionVersion(operation.Version);
    }

    private void MentionCell(int cell)
    {
        if (_cells[cell] != 0)
            return;
        _cellOrder.Add(cell);
        _cells[cell] = _cellOrder.Count;
        ref int line = ref _lines[program.Cells[cell].Line];
        if (line == 0)
            line = ++_lineCount;
        MentionVersion(program.Cells[cell].Initial);
    }

    private void MentionVersion(int version)
    {
        if (_versions[version] != 0)
            return;
        _versionOrder.Add(version);
        _versions[version] = _versionOrder.Count;
        if (program.Versions[version].Home is >= 0 and int home)
            MentionCell(home);
    }

    private void Write(AtomicStep step)
    {
        int count = _words.Count;
        _words.Add(0);
        foreach (Operation operation in step.Operations)
        {
            int target = operation.IsMaintenance ? _lines[operation.Target] - 1 : _cells[operation.Target] - 1;
            if (target < 0)
                continue;
            _words[count]++;
            _words.Add((int)operation.Kind | ((int)operation.Path << 8));
            _words.Add(target);
            _words.Add(operation.Source < 0 ? -1 : _cells[operation.Source] - 1);
            _words.Add(operation.Version < 0 ? -1 : _versions[operation.Version] - 1);
            _words.Add(operation.Home < 0 ? -1 : _cells[operation.Home] - 1);
        }

        _words.Add(step.After.Length);
        foreach (Precondition before in step.After)
        {
            _words.Add(before.Step.Agent);
            _words.Add(before.Step.Index);
            _words.Add(before.Orders ? 1 : 0);
        }

        _words.Add(step.Checks.Length);
        foreach (WindowCheck check in step.Checks)
        {
            _words.Add((int)check.Verdict | (check.RaiseInside ? 1 << 8 : 0));
            _words.Add(Finding(check.Finding));
            _words.Add(check.Windows.Length);
            foreach (Window window in check.Windows)
            {
                _words.Add(window.Agent);
                _words.Add(window.From);
                _words.Add(window.EndAgent);
                _words.Add(window.To);
            }
        }

        _words.Add((int)step.Raises);
    }

    private int Finding(int finding)
    {
        if (finding < 0)
            return -1;
        int known = _findingOrder.IndexOf(finding);
        if (known >= 0)
            return known;
        _findingOrder.Add(finding);
        return _findingOrder.Count - 1;
    }
}
