using System.Collections.Immutable;
using CsCheck;
using Handoff.Litmus.Model;

namespace Handoff.Litmus.Tests.Exploration;

/// <summary>Small random programs: lines shared by buffers and slots, threads, devices, copies, maintenance, signals, windows.</summary>
internal static class RandomPrograms
{
    public static Gen<AtomicProgram> Any { get; } = Gen.Select(Gen.UInt, Gen.Int[2, 7], Gen.Int[1, 3]).Select((seed, steps, agents) => Make(seed, steps, agents));

    public static AtomicProgram Make(uint seed, int steps, int agents)
    {
        var random = new Random((int)seed);
        int lines = random.Next(1, 3);
        int buffers = random.Next(1, 3);
        var cells = new List<Cell>();
        var versions = new List<ContentVersion>();
        for (int c = 0; c < buffers; c++)
        {
            versions.Add(new ContentVersion(c, null));
            cells.Add(new Cell(random.Next(lines), c));
        }

        int slots = random.Next(0, 3);
        for (int s = 0; s < slots; s++)
        {
            versions.Add(new ContentVersion(ContentVersion.NoHome, null));
            cells.Add(new Cell(random.Next(lines), versions.Count - 1));
        }

        int lineCount = lines;
        var plan = new List<AtomicStep>[agents];
        for (int a = 0; a < agents; a++)
            plan[a] = [];
        for (int i = 0; i < steps; i++)
        {
            int agent = random.Next(agents);
            int count = random.Next(8) == 0 ? 2 : 1;
            var operations = new List<Operation>();
            for (int o = 0; o < count; o++)
                operations.Add(RandomOperation(random, agent, plan[agent].Count, cells, buffers, lineCount, versions));
            plan[agent].Add(new AtomicStep { Operations = [.. operations] });
        }

        AddWaits(random, plan);
        AddWindows(random, plan);
        return new AtomicProgram(
            lineCount, [.. cells], [.. versions], [.. plan.Select((s, a) => new Agent($"a{a}", [.. s]))]);
    }

    private static Operation RandomOperation(
        Random random, int agent, int index, List<Cell> cells, int buffers, int lines, List<ContentVersion> versions)
    {
        int cell = random.Next(cells.Count);
        int original = random.Next(buffers);
        var path = (AccessPath)random.Next(3);
        int home = cell < buffers ? cell : original;
        switch (random.Next(10))
        {
            case 0 or 1 or 2:
                return Operation.Read(path, cell, home);
            case 3 or 4 or 5:
                versions.Add(new ContentVersion(home, new StepRef(agent, index)));
                return Operation.Write(path, cell, versions.Count - 1);
            case 6:
                return Operation.Clean(random.Next(lines));
            case 7:
                return random.Next(2) == 0 ? Operation.Invalidate(random.Next(lines)) : Operation.CleanInvalidate(random.Next(lines));
            default:
                if (cells.Count == buffers)
                    return Operation.Read(path, cell, home);
                int slot = random.Next(buffers, cells.Count);
                return random.Next(5) switch
                {
                    0 or 1 => Operation.Copy(original, slot),
                    2 or 3 => Operation.Copy(slot, original, original),
                    _ => Operation.Release(slot, original),
                };
        }
    }

    private static void AddWaits(Random random, List<AtomicStep>[] plan)
    {
        for (int w = random.Next(3); w > 0 && plan.Length > 1; w--)
        {
            int waiter = random.Next(plan.Length), signaller = random.Next(plan.Length);
            if (waiter == signaller || plan[waiter].Count == 0 || plan[signaller].Count == 0)
                continue;
            int at = random.Next(plan[waiter].Count);
            var before = new Precondition(new StepRef(signaller, random.Next(plan[signaller].Count)), Orders: random.Next(4) != 0);
            plan[waiter][at] = plan[waiter][at] with { After = plan[waiter][at].After.Add(before) };
        }
    }

    private static void AddWindows(Random random, List<AtomicStep>[] plan)
    {
        if (random.Next(3) != 0)
            return;
        int watcher = random.Next(plan.Length), watched = random.Next(plan.Length);
        if (plan[watcher].Count == 0)
            return;
        int ender = random.Next(2) == 0 ? watched : random.Next(plan.Length);
        int from = random.Next(plan[watched].Count + 1), to = random.Next(plan[ender].Count + 2);
        int at = random.Next(plan[watcher].Count);
        var check = new WindowCheck([new Window(watched, from, ender, to)], random.Next(2) == 0, Verdicts.Wild, Finding: 1);
        plan[watcher][at] = plan[watcher][at] with { Checks = ImmutableArray.Create(check) };
    }
}
