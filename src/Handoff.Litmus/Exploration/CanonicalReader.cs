using Handoff.Litmus.Model;

namespace Handoff.Litmus.Exploration;

/// <summary>Makes a program of what <see cref="CanonicalWriter"/> wrote.</summary>
internal ref struct CanonicalReader
{
    private readonly ReadOnlySpan<int> _words;
    private int _at;

    private CanonicalReader(ReadOnlySpan<int> words) => _words = words;

    public static AtomicProgram Read(ReadOnlySpan<int> words) => new CanonicalReader(words).Program();

    private AtomicProgram Program()
    {
        int lines = Next();
        var cells = new Cell[Next()];
        for (int c = 0; c < cells.Length; c++)
            cells[c] = new Cell(Next(), Next());
        var versions = new ContentVersion[Next()];
        for (int v = 0; v < versions.Length; v++)
        {
            int home = Next(), agent = Next(), index = Next();
            versions[v] = new ContentVersion(home, agent < 0 ? null : new StepRef(agent, index));
        }

        var agents = new Agent[Next()];
        for (int a = 0; a < agents.Length; a++)
        {
            var steps = new AtomicStep[Next()];
            for (int i = 0; i < steps.Length; i++)
                steps[i] = Step();
            agents[a] = new Agent("", [.. steps]);
        }

        return new AtomicProgram(lines, [.. cells], [.. versions], [.. agents]);
    }

    private AtomicStep Step()
    {
        var operations = new Operation[Next()];
        for (int o = 0; o < operations.Length; o++)
        {
            int kind = Next();
            operations[o] = new Operation((OperationKind)(kind & 0xff), (AccessPath)(kind >> 8), Next(), Next(), Next(), Next());
        }

        var after = new Precondition[Next()];
        for (int p = 0; p < after.Length; p++)
            after[p] = new Precondition(new StepRef(Next(), Next()), Next() != 0);
        var checks = new WindowCheck[Next()];
        for (int c = 0; c < checks.Length; c++)
        {
            int verdict = Next(), finding = Next();
            var windows = new Window[Next()];
            for (int w = 0; w < windows.Length; w++)
                windows[w] = new Window(Next(), Next(), Next(), Next());
            checks[c] = new WindowCheck([.. windows], (verdict >> 8) != 0, (Verdicts)(verdict & 0xff), finding);
        }

        return new AtomicStep { Operations = [.. operations], After = [.. after], Checks = [.. checks], Raises = (Verdicts)Next() };
    }

    private int Next() => _words[_at++];
}
