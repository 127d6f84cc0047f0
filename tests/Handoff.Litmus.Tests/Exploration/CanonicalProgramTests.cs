using CsCheck;
using Handoff.Litmus.Exploration;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Tests.Exploration;

/// <summary>Programs that differ in names and numbering are one program; all others are not.</summary>
public sealed class CanonicalProgramTests
{
    [Fact]
    public void NumberingOfCellsLinesVersionsAndFindingsDoesNotMatter() =>
        Gen.Select(RandomPrograms.Any, Gen.Int).Sample(
            (program, seed) =>
            {
                AtomicProgram other = Renumber(program, new Random(seed));
                var one = CanonicalProgram.Of(program);
                var two = CanonicalProgram.Of(other);
                Assert.Equal(one, two);
                Assert.Equal(one.GetHashCode(), two.GetHashCode());
                Assert.Equal(one.Findings.Select(f => f + 7), two.Findings);
            },
            seed: "0N0XIzNsQ0O2",
            iter: 2_000);

    [Fact]
    public void TheCanonicalProgramIsItsOwn() =>
        RandomPrograms.Any.Sample(
            program =>
            {
                var canonical = CanonicalProgram.Of(program);
                Assert.Equal(canonical, CanonicalProgram.Of(canonical.ToProgram()));
            },
            seed: "0N0XIzNsQ0O2",
            iter: 2_000);

    [Fact]
    public void EveryDifferenceThatMattersIsSeen()
    {
        AtomicProgram Program(AtomicStep step, int line = 0, int home = 0) => new(
            2,
            [new Cell(0, 0), new Cell(line, 1)],
            [new ContentVersion(0, null), new ContentVersion(home, null), new ContentVersion(0, new StepRef(0, 0))],
            [new Agent("a", [new AtomicStep { Operations = [Operation.Write(AccessPath.Cached, 0, 2)] }]), new Agent("b", [new AtomicStep { Operations = [Operation.Read(AccessPath.Cached, 1, 1)] }, step])]);

        var window = new Window(0, 0, 0, 1);
        AtomicProgram[] programs =
        [
            Program(new AtomicStep()),
            Program(new AtomicStep(), line: 1),
            Program(new AtomicStep(), home: ContentVersion.NoHome),
            Program(new AtomicStep { Operations = [Operation.Read(AccessPath.Cached, 0, 0)] }),
            Program(new AtomicStep { Operations = [Operation.Read(AccessPath.Direct, 0, 0)] }),
            Program(new AtomicStep { Operations = [Operation.Read(AccessPath.Direct, 0, -1)] }),
            Program(new AtomicStep { Operations = [Operation.Clean(0)] }),
            Program(new AtomicStep { Operations = [Operation.Invalidate(0)] }),
            Program(new AtomicStep { Operations = [Operation.Copy(0, 1)] }),
            Program(new AtomicStep { Operations = [Operation.Copy(1, 0)] }),
            Program(new AtomicStep { Operations = [Operation.Release(1, 0)] }),
            Program(new AtomicStep { After = [new Precondition(new StepRef(0, 0))] }),
            Program(new AtomicStep { After = [new Precondition(new StepRef(0, 0), Orders: false)] }),
            Program(new AtomicStep { Raises = Verdicts.Wild }),
            Program(new AtomicStep { Checks = [new WindowCheck([window], RaiseInside: true, Verdicts.Wild)] }),
            Program(new AtomicStep { Checks = [new WindowCheck([window], RaiseInside: false, Verdicts.Wild)] }),
            Program(new AtomicStep { Checks = [new WindowCheck([window], RaiseInside: true, Verdicts.Contract)] }),
            Program(new AtomicStep { Checks = [new WindowCheck([window], RaiseInside: true, Verdicts.Contract, Finding: 3)] }),
            Program(new AtomicStep { Checks = [new WindowCheck([window with { To = 2 }], RaiseInside: true, Verdicts.Wild)] }),
            Program(new AtomicStep { Checks = [new WindowCheck([], RaiseInside: true, Verdicts.Wild)] }),
        ];
        Assert.Equal(programs.Length, programs.Select(CanonicalProgram.Of).Distinct().Count());
    }

    [Fact]
    public void ASearchIsNotRepeated()
    {
        var memory = new SearchMemory();
        AtomicProgram program = RandomPrograms.Make(5, 6, 2);
        ExplorationResult first = memory.Explore(program, ExplorationBounds.None, CancellationToken.None);
        Assert.Equal(1, memory.Searches);
        ExplorationResult again = memory.Explore(Renumber(program, new Random(1)), ExplorationBounds.None, CancellationToken.None);
        Assert.Equal(1, memory.Searches);
        Assert.Equal((first.States, first.Transitions, first.Possible, first.Certain), (again.States, again.Transitions, again.Possible, again.Certain));
    }

    [Fact]
    public void ASearchThatEndedEarlyIsNotRemembered()
    {
        var memory = new SearchMemory();
        AtomicProgram program = RandomPrograms.Make(5, 6, 2);
        Assert.True(memory.Explore(program, ExplorationBounds.None, CancellationToken.None).States > 2);
        Assert.Equal(ExplorationOutcome.StateLimit, memory.Explore(program, new ExplorationBounds { MaxStates = 1 }, CancellationToken.None).Outcome);
        var other = new SearchMemory();
        Assert.Equal(ExplorationOutcome.StateLimit, other.Explore(program, new ExplorationBounds { MaxStates = 1 }, CancellationToken.None).Outcome);
        Assert.Equal(0, other.Searches);
    }

    /// <summary>The same program with cells, lines, versions and findings in another order.</summary>
    private static AtomicProgram Renumber(AtomicProgram program, Random random)
    {
        int[] cell = Shuffled(program.Cells.Length), line = Shuffled(program.LineCount), version = Shuffled(program.Versions.Length);
        var cells = new Cell[cell.Length];
        for (int c = 0; c < cell.Length; c++)
            cells[cell[c]] = new Cell(line[program.Cells[c].Line], version[program.Cells[c].Initial], $"cell {c}");
        var versions = new ContentVersion[version.Length];
        for (int v = 0; v < version.Length; v++)
            versions[version[v]] = program.Versions[v] with { Home = Cell(program.Versions[v].Home), Name = $"version {v}" };
        return new AtomicProgram(program.LineCount, [.. cells], [.. versions], [.. program.Agents.Select(a => new Agent("agent " + a.Name, [.. a.Steps.Select(Step)]))]);

        int Cell(int number) => number < 0 ? number : cell[number];

        AtomicStep Step(AtomicStep step) => step with
        {
            Text = "renumbered",
            Operations = [.. step.Operations.Select(o => o with
            {
                Target = o.IsMaintenance ? line[o.Target] : cell[o.Target],
                Source = Cell(o.Source),
                Home = Cell(o.Home),
                Version = o.Version < 0 ? -1 : version[o.Version],
            })],
            Checks = [.. step.Checks.Select(c => c with { Finding = c.Finding < 0 ? -1 : c.Finding + 7 })],
        };

        int[] Shuffled(int count)
        {
            int[] numbers = [.. Enumerable.Range(0, count)];
            random.Shuffle(numbers);
            return numbers;
        }
    }
}
