using Handoff.Litmus.Model;

namespace Handoff.Litmus.Lowering;

/// <summary>A window whose end may not be known yet.</summary>
internal sealed class OpenWindow(int agent, int from)
{
    private int _endAgent;
    private int _to = int.MaxValue;

    public bool IsOpen => _to == int.MaxValue;

    /// <summary>It ends once the agent has taken so many steps.</summary>
    public void Close(int endAgent, int to) => (_endAgent, _to) = (endAgent, to);

    public Window ToWindow() => new(agent, from, IsOpen ? agent : _endAgent, _to);
}
