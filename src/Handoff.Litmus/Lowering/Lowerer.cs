using Handoff.Kernels;
using Handoff.Litmus.Language;

namespace Handoff.Litmus.Lowering;

/// <summary>Turns a test into atomic programs by running its calls on the real mapping layer.</summary>
/// <remarks>
/// Which slot a map gets may depend on what other threads mapped before. So every order in which the threads can call the layer
/// gives a program of its own, which only has the schedules with that order; together they are all schedules, none twice.
/// </remarks>
internal static class Lowerer
{
    /// <summary>The programs, one per order of calls, made as they are asked for. There can be very many.</summary>
    public static IEnumerable<LoweredTest> Orders(LitmusTest test, KernelProfile kernel, MachineVariant machine)
    {
        var choices = new List<int>();
        while (true)
        {
            var simulation = new Simulation(test, kernel, machine, choices);
            yield return simulation.Run() with { Choices = [.. simulation.Taken] };
            choices = [.. simulation.Taken];
            int last = choices.Count - 1;
            while (last >= 0 && choices[last] + 1 == simulation.Options[last])
                last--;
            if (last < 0)
                yield break;
            choices.RemoveRange(last + 1, choices.Count - last - 1);
            choices[last]++;
        }
    }
}
